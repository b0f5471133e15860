import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase } from '../../support/postgres.ts';
import { insertOf, makeRow, type Row } from './makeRow.ts';
import { readTables, type TenantTable } from './tenantTables.ts';

/** A migrated database in which two tenants have a row in every table, alike but for whose they are. */
export interface TwoTenants {
  readonly a: string;
  readonly b: string;
  /** Those with a tenant in their rows. */
  readonly tables: readonly TenantTable[];
  readonly serverUrl: string;
  /** A superuser, to prepare and to see what really happened. */
  readonly admin: pg.Client;
  rowOf(table: string, tenantId: string): Row;
  /** A row that the table would take from that tenant; it is not stored. */
  freshRow(table: TenantTable, tenantId: string): Promise<Row>;
  /** A plain connection as the server's role, closed at the end. */
  connect(): Promise<pg.Client>;
  /** Runs `work` as the server's role in one transaction of that tenant and commits. */
  asTenant<T>(tenantId: string | null, work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** The SQLSTATE that a statement of that tenant fails with; undefined when it is done. Rolls back. */
  refusal(tenantId: string | null, text: string, values?: unknown[]): Promise<string | undefined>;
  /** All rows of a tenant as the superuser sees them, as one text to compare. */
  everythingOf(tenantId: string): Promise<string>;
  close(): Promise<void>;
}

export async function createTwoTenants(): Promise<TwoTenants> {
  const database = await createTestDatabase();
  const clients: pg.Client[] = [];
  const open = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined); // some tests kill it; the query that runs rejects
    clients.push(client);
    await client.connect();
    return client;
  };
  const admin = await open(database.adminUrl);
  const a = randomUUID();
  // The same at the end, by which search's index tells tenants apart: what is proved holds without it.
  const b = `${randomUUID().slice(0, -8)}${a.slice(-8)}`;
  const all = await readTables(admin);
  const rows = new Map<string, Row>();
  const rowOf = (table: string, tenantId: string): Row => {
    const row = rows.get(`${table} ${tenantId}`) ?? rows.get(table);
    if (row === undefined) throw new Error(`there is no row in ${table}`);
    return row;
  };
  const store = async (table: TenantTable, tenantId: string): Promise<void> => {
    const insert = async (row: Row) => void (await admin.query(insertOf(table, row)));
    const parents = (parent: string) => rowOf(parent, tenantId);
    const row = await makeRow(table, table.tenantKey && tenantId, parents, insert);
    rows.set(table.tenantKey === null ? table.name : `${table.name} ${tenantId}`, row);
  };
  for (const table of all) {
    const existing =
      table.tenantKey === null &&
      (await admin.query(`select * from ${table.name} limit 1`)).rows[0];
    if (existing) rows.set(table.name, existing);
    else
      for (const tenantId of table.tenantKey === null ? [a] : [a, b]) await store(table, tenantId);
  }
  await admin.query('analyze');
  const server = await open(database.serverUrl);
  const tables = all.filter(({ tenantKey }) => tenantKey !== null);

  async function transaction<T>(
    tenantId: string | null,
    end: 'commit' | 'rollback',
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    await server.query('begin');
    try {
      if (tenantId !== null) await server.query('select app.set_tenant($1)', [tenantId]);
      const value = await work(server);
      await server.query(end);
      return value;
    } catch (error) {
      await server.query('rollback');
      throw error;
    }
  }

  return {
    a,
    b,
    tables,
    serverUrl: database.serverUrl,
    admin,
    rowOf,
    async freshRow(table, tenantId) {
      const insert = async (row: Row) => {
        await admin.query('begin');
        if (hasOneRow(table)) await makeRoom(admin, table, tenantId);
        await admin.query(insertOf(table, row)).finally(() => admin.query('rollback'));
      };
      return makeRow(table, tenantId, (parent) => rowOf(parent, tenantId), insert);
    },
    connect: () => open(database.serverUrl),
    asTenant: (tenantId, work) => transaction(tenantId, 'commit', work),
    refusal: (tenantId, text, values = []) =>
      transaction(tenantId, 'rollback', async (client) => {
        await client.query(text, values);
      }).then(() => undefined, sqlState),
    async everythingOf(tenantId) {
      const texts = tables.map(
        ({ name, tenantKey }) =>
          `(select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from ${name} t where ${tenantKey} = $1)`,
      );
      const { rows: found } = await admin.query(
        `select jsonb_build_array(${texts.join(', ')})::text as everything`,
        [tenantId],
      );
      return found[0].everything;
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
      void database.drop();
    },
  };
}

/** Whether a key leaves nothing to choose: one row a tenant, or one a tenant and user. */
function hasOneRow({ uniqueKeys, foreignKeys }: TenantTable): boolean {
  const given = new Set(foreignKeys.flatMap(({ columns }) => columns));
  return uniqueKeys.some((key) => key.every((column) => given.has(column)));
}

async function makeRoom(admin: pg.Client, table: TenantTable, tenantId: string): Promise<void> {
  await admin.query('set local session_replication_role = replica'); // others may refer to the row
  await admin.query(`delete from ${table.name} where ${table.tenantKey} = $1`, [tenantId]);
  await admin.query('set local session_replication_role = origin');
}

export function sqlState(error: unknown): string {
  if (error instanceof pg.DatabaseError && error.code !== undefined) return error.code;
  throw error;
}
