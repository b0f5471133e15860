import { randomUUID } from 'node:crypto';
import type { Database } from '../database.ts';
import { StatementFailed } from '../errors.ts';
import type { GuardedTable } from './listTables.ts';

export const probeNames = [
  'NO_TENANT_SEES_NOTHING',
  'UNKNOWN_TENANT_SEES_NOTHING',
  'TENANT_SEES_ONLY_ITS_OWN',
  'FOREIGN_ROW_IS_REFUSED',
] as const;
export type ProbeName = (typeof probeNames)[number];

/** Something that was tried on the running database. */
export interface IsolationProbe {
  readonly name: ProbeName;
  readonly passed: boolean;
  /** How many tables were tried, or which failed. It never says what was seen, nor how much. */
  readonly detail: string;
}

export type ProbedDatabase = Pick<Database, 'lookup' | 'operation' | 'withTenant'>;

const refusedByPolicy = '42501';

/**
 * Tries what must not work, on every table that the server's role may use and through the same opener
 * as every request. Nothing is left behind: what is written is refused, in a savepoint of a
 * transaction that is rolled back. With a tenant it also looks whether that one sees its own rows
 * only, which reads its entries of one index a table. Holds one connection at a time.
 */
export async function probeIsolation(
  database: ProbedDatabase,
  tables: readonly GuardedTable[],
  tenantId?: string,
): Promise<IsolationProbe[]> {
  const readable = tables.filter(
    ({ grants, shared }) => shared === null && grants.includes('SELECT'),
  );
  const owned = readable.filter(({ tenantKey }) => tenantKey !== null);
  const unknown = randomUUID();
  const anyRow = whichShow(readable, () => '');
  const foreignRow = whichShow(owned, ({ tenantKey }) => `where ${tenantKey} is distinct from $1`);
  const lookAs = (tenant: string, text: string, values: string[]) => () =>
    database.withTenant(
      tenant,
      { mode: 'read' },
      async (tx) => (await tx.query<Named>(text, values)).rows,
    );

  const probes = [
    await look('NO_TENANT_SEES_NOTHING', readable, () => database.lookup<Named>(anyRow, [])),
    await look('UNKNOWN_TENANT_SEES_NOTHING', readable, lookAs(unknown, anyRow, [])),
  ];
  if (tenantId !== undefined) {
    const asItself = lookAs(tenantId, foreignRow, [tenantId]);
    probes.push(await look('TENANT_SEES_ONLY_ITS_OWN', owned, asItself));
  }
  probes.push(await writeForeignRows(database, tables, tenantId ?? unknown));
  return probes;
}

interface Named {
  readonly name: string;
}

/** One statement that answers the names of those tables that show a row, and nothing of the row. */
function whichShow(
  tables: readonly GuardedTable[],
  where: (table: GuardedTable) => string,
): string {
  const looks = tables.map(
    (table) =>
      `select '${table.name.replaceAll("'", "''")}' as name where exists (select from ${table.name} ${where(table)})`,
  );
  return looks.join(' union all ') || `select '' as name where false`;
}

async function look(
  name: ProbeName,
  tables: readonly GuardedTable[],
  ask: () => Promise<readonly Named[]>,
): Promise<IsolationProbe> {
  try {
    const leaking = await ask();
    if (leaking.length === 0) return { name, passed: true, detail: tried(tables.length) };
    const names = leaking.map((table) => table.name).join(', ');
    return { name, passed: false, detail: `A row showed in ${names}.` };
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    return { name, passed: false, detail: `Looking failed with SQLSTATE ${error.sqlState}.` };
  }
}

/**
 * Policies are checked before NOT NULL, CHECK and foreign keys, so that a row of nothing but another
 * tenant's id comes to the policy and no further, whatever columns a table has.
 */
async function writeForeignRows(
  database: ProbedDatabase,
  tables: readonly GuardedTable[],
  tenantId: string,
): Promise<IsolationProbe> {
  const name = 'FOREIGN_ROW_IS_REFUSED';
  const writable = tables.filter(
    ({ grants, tenantKey }) => tenantKey !== null && grants.includes('INSERT'),
  );
  const another = randomUUID();
  const accepted: string[] = [];
  const operation = database.operation(tenantId, { mode: 'write' });
  try {
    for (const { name: table, tenantKey } of writable) {
      const insert = `insert into ${table} (${tenantKey}) values ($1)`;
      const refusal = await operation.tx
        .savepoint((tx) => tx.query(insert, [another]))
        .then(() => undefined, sqlStateOf);
      if (refusal !== refusedByPolicy) accepted.push(table);
    }
  } finally {
    await operation.rollback();
  }
  if (accepted.length === 0) return { name, passed: true, detail: tried(writable.length) };
  return { name, passed: false, detail: `No policy refused it in ${accepted.join(', ')}.` };
}

function sqlStateOf(error: unknown): string {
  if (error instanceof StatementFailed) return error.sqlState;
  throw error;
}

function tried(count: number): string {
  return `Tried on ${count} tables.`;
}
