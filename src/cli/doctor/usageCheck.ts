import type { Database } from '../../db/database.ts';
import type { OperatorDatabase } from '../../db/operatorDatabase.ts';
import { findDrifts, listTenants } from '../usageCommand.ts';
import { type Check, ok, warning } from './check.ts';

/** More take their time: that of a catalogue's count each. */
const mostLookedAt = 100;

/** Whether the counters of the newest businesses are what their rows say. */
export async function checkUsage(
  database: Database,
  operators: OperatorDatabase | null,
): Promise<Check[]> {
  // Without the operator's role nobody can say which businesses there are; another check says so.
  if (operators === null) return [];
  const name = 'usage';
  const wrong: string[] = [];
  let looked = 0;
  for await (const { id, slug } of listTenants(operators)) {
    if (looked === mostLookedAt) break;
    looked += 1;
    const drifts = await findDrifts(database, id, false);
    if (drifts.length > 0) wrong.push(`${slug} (${drifts.map(({ meter }) => meter).join(', ')})`);
  }
  if (wrong.length === 0) {
    return [ok(name, `The counters of ${looked} businesses are what their rows say.`)];
  }
  const said = `Counters are not what their rows say: ${wrong.slice(0, 5).join('; ')}.`;
  return [warning(name, said, 'Run "npx tenantry usage reconcile --fix".')];
}
