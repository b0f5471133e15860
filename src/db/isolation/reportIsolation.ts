import { checkIsolation, type IsolationFinding } from './checkIsolation.ts';
import { type GuardedTable, listTables } from './listTables.ts';
import { type IsolationProbe, type ProbedDatabase, probeIsolation } from './probeIsolation.ts';

export interface IsolationReport {
  /** No finding, and every probe passed. */
  readonly holds: boolean;
  /** The role that the server runs as, and the database that it is connected to. */
  readonly role: string;
  readonly database: string;
  readonly checkedAt: Date;
  readonly findings: readonly IsolationFinding[];
  readonly tables: readonly GuardedTable[];
  readonly probes: readonly IsolationProbe[];
}

/**
 * Proves, table by table and on this very database, that tenants are kept apart: the rules over the
 * catalogue, what guards each table, and probes on the live tables. It contains nothing of any
 * tenant, not even a count. About 60 statements, on one connection at a time; the caller should
 * hold none meanwhile. Without `tenantId` the probe that needs a tenant is left out.
 */
export async function reportIsolation(
  database: ProbedDatabase,
  tenantId?: string,
): Promise<IsolationReport> {
  const [connected] = await database.lookup<{ role: string; database: string; now: Date }>(
    'select current_user::text as role, current_database()::text as database, now()',
    [],
  );
  const findings = await checkIsolation(database);
  const tables = await listTables(database);
  const probes = await probeIsolation(database, tables, tenantId);
  return {
    holds: findings.length === 0 && probes.every(({ passed }) => passed),
    role: connected?.role ?? '',
    database: connected?.database ?? '',
    checkedAt: connected?.now ?? new Date(),
    findings,
    tables,
    probes,
  };
}
