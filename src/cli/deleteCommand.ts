import { Command, InvalidArgumentError } from 'commander';
import type { Database } from '../db/database.ts';
import { endGrace } from '../features/operators/operatorTenants.queries.ts';
import { deleteTenant } from '../features/tenants/changeTenant.ts';
import { purgeRows } from '../features/tenants/lifecycle.queries.ts';
import type { Tenant } from '../features/tenants/tenants.queries.ts';
import { CommandFailed } from './commandFailed.ts';
import { confirm } from './confirm.ts';
import { operator, type Platform, withTenantRow } from './onDatabase.ts';
import { printJson } from './print.ts';

interface DeleteFlags {
  yes?: true;
  purge?: true;
  graceDays?: number;
  json?: true;
}

/** Rows of one transaction, so that no lock is held for long. */
const rowsAtOnce = 2_000;

/** `delete SLUG`: after a grace, or with --purge at once and for good. */
export function deleteCommand(): Command {
  return new Command('delete')
    .description(
      'End a business: nobody gets in from now on, and after a grace its rows are removed.',
    )
    .argument('<slug>', 'the business, by its slug')
    .option(
      '--grace-days <days>',
      'how long it can be restored, ten minutes at least (default: TENANT_DELETE_GRACE_DAYS)',
      readDays,
    )
    .option(
      '--purge',
      'remove every row now; nothing can be restored, and its audit log goes with it',
    )
    .option('--yes', 'do not ask for its slug to be typed: for scripts')
    .option('--json', 'print the outcome as JSON')
    .action(runDelete);
}

function readDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0 && days <= 3_650) return days;
  throw new InvalidArgumentError('It is a whole number of days, 0 to 3650.');
}

function runDelete(slug: string, flags: DeleteFlags): Promise<void> {
  return withTenantRow(slug, async (tenant, platform) => {
    const { graceDays = platform.config.deleteGraceDays, purge, json } = flags;
    const what = purge ? 'removes every row of it now, for good' : 'ends it';
    await confirm(`This ${what}: "${tenant.name}" (${tenant.slug}).`, slug, flags.yes === true);
    const days = purge ? 0 : graceDays;
    const { purgeAt } = await platform.operators.withTenant(tenant.id, { mode: 'write' }, (tx) =>
      deleteTenant(tx, operator(), slug, days),
    );
    const removed = purge ? await purgeNow(tenant, platform) : null;
    if (json) return printJson({ slug, purgeAt, removed });
    process.stdout.write(
      removed === null
        ? `${slug} is DELETING; its rows are removed after ${new Date(purgeAt).toISOString()}.\n`
        : `${slug} is gone: ${removed} rows were removed.\n`,
    );
  });
}

async function purgeNow(
  { id, slug }: Tenant,
  { operators, database }: Pick<Platform, 'operators' | 'database'>,
): Promise<number> {
  await operators.withTenant(id, { mode: 'write' }, (tx) => endGrace(tx));
  let total = 0;
  for (;;) {
    const removed = await purgeSome(database, id);
    if (removed === 0) return total;
    if (removed < 0) {
      throw new CommandFailed(`A server is removing ${slug} just now; look again in a moment.`);
    }
    total += removed;
    if (process.stderr.isTTY) process.stderr.write(`\r${total} rows removed`);
  }
}

const purgeSome = (database: Database, id: string): Promise<number> =>
  database.withTenant(id, { mode: 'write' }, (tx) => purgeRows(tx, rowsAtOnce));
