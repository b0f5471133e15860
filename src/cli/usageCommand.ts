import { Command } from 'commander';
import type { Database } from '../db/database.ts';
import type { OperatorDatabase } from '../db/operatorDatabase.ts';
import { pageRules } from '../db/query/keyset.ts';
import { findTenantPage, tenantOrder } from '../features/operators/operatorTenants.queries.ts';
import type { Tenant } from '../features/tenants/tenants.queries.ts';
import { type Drift, reconcileUsage } from '../features/usage/reconcile.queries.ts';
import { makeCursor, maximumPageSize, readPage, toConnection } from '../lib/pagination.ts';
import { withPlatform, withTenantRow } from './onDatabase.ts';
import { printJson } from './print.ts';
import { describeTable } from './printTable.ts';
import { usageShowCommand, usageTopCommand } from './usageFigures.ts';

interface Flags {
  tenant?: string;
  fix?: true;
  json?: true;
}

/** `usage reconcile`: exit code 1 when a counter is not what its rows say, and stays so. */
export function usageCommand(): Command {
  const reconcile = new Command('reconcile')
    .description('Compare the counters of what is used with the ledger and with the rows.')
    .option('--tenant <slug>', 'only this business; all of them when left out')
    .option('--fix', 'set counters and ledger to what the rows say, also while the business works')
    .option('--json', 'print what differs as JSON')
    .addHelpText(
      'after',
      `
They are written in the transaction of the work, so that nothing differs unless somebody wrote rows
past the server, or restored a part of them.
Exit code: 0 when nothing differs or all was mended, 1 when something differs.`,
    )
    .action(runReconcile);
  return new Command('usage')
    .description('What businesses have used.')
    .addCommand(usageShowCommand())
    .addCommand(usageTopCommand())
    .addCommand(reconcile);
}

async function runReconcile({ tenant, fix, json }: Flags): Promise<void> {
  const look = (database: Database, { id, slug }: Tenant) =>
    findDrifts(database, id, fix === true).then((drifts) =>
      drifts.map((drift) => ({ tenant: slug, ...drift })),
    );
  const found: Awaited<ReturnType<typeof look>> = [];
  if (tenant === undefined) {
    await withPlatform(async ({ database, operators }) => {
      for await (const each of listTenants(operators)) found.push(...(await look(database, each)));
    });
  } else {
    await withTenantRow(tenant, async (one, { database }) => {
      found.push(...(await look(database, one)));
    });
  }
  if (json) printJson({ fixed: fix === true, drifts: found });
  else process.stdout.write(describe(found, fix === true));
  process.exitCode = found.length === 0 || fix ? 0 : 1;
}

/** By the role that serves, in the business's own transaction: it sees what the business sees. */
export const findDrifts = (database: Database, id: string, fix: boolean): Promise<Drift[]> =>
  database.withTenant(id, { mode: 'write' }, (tx) => reconcileUsage(tx, { fix }));

/** The newest first, a page at a time. */
export async function* listTenants(operators: OperatorDatabase): AsyncGenerator<Tenant> {
  let after: string | null = null;
  do {
    const page = readPage(
      { first: maximumPageSize, after },
      pageRules(tenantOrder, maximumPageSize),
    );
    const { edges, pageInfo } = toConnection(
      await operators.read((tx) => findTenantPage(tx, {}, page)),
      page,
      ({ createdAt, id }: Tenant) => makeCursor(tenantOrder.sort, [createdAt, id]),
    );
    yield* edges.map(({ node }) => node);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
}

function describe(drifts: readonly (Drift & { tenant: string })[], fixed: boolean): string {
  if (drifts.length === 0) return 'Every counter is what its ledger and its rows say.\n';
  const rows = drifts.map(({ tenant, meter, period, counted, ledger, stored }) => [
    ...[tenant, meter, period === '1970-01-01' ? '-' : period],
    ...[String(counted), String(ledger), stored === null ? '-' : String(stored)],
  ]);
  const head = ['BUSINESS', 'METER', 'PERIOD FROM', 'COUNTED', 'LEDGER', 'ROWS'];
  const end = fixed ? 'All of it was mended.' : 'Run it with --fix to set them right.';
  return `${describeTable(head, rows)}${end}\n`;
}
