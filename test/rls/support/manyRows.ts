import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { insertOf, makeRow, type Row } from './makeRow.ts';
import { readTables, type TenantTable } from './tenantTables.ts';

/** How many rows one row becomes, and who gets as many. */
export interface ManyRows {
  readonly tenantId: string;
  readonly copies: number;
  readonly neighbours: number;
  readonly copiesEach: number;
}

/**
 * Fills every table with a tenant in it, a new one as well, with copies of the rows that `tenantId` has
 * (or of one made up), and as many of its neighbours; then analyses all. Copies differ in their keys and
 * are older. Those of neighbours refer to rows that they do not have: for plans that makes no difference.
 */
export async function fillAllTables(
  admin: pg.Client,
  { tenantId, copies, neighbours, copiesEach }: ManyRows,
): Promise<void> {
  const tables = await readTables(admin);
  await admin.query('set session_replication_role = replica'); // references are not looked up
  await admin.query(
    `insert into app.tenants (id, slug, name, plan)
     select gen_random_uuid(), 'neighbour-' || n, 'Neighbour', 'BASIC' from generate_series(1, $1::int) n`,
    [neighbours],
  );
  for (const table of tables) {
    if (table.tenantKey !== 'tenant_id') continue;
    await keepOneRow(admin, table, tenantId);
    if (isOneATenant(table)) continue;
    await copyRows(admin, table, tenantId, [tenantId], copies);
    const { rows } = await admin.query(`select id from app.tenants where slug like 'neighbour-%'`);
    await copyRows(
      admin,
      table,
      tenantId,
      rows.map(({ id }) => id),
      copiesEach,
    );
  }
  await admin.query('set session_replication_role = origin');
  await admin.query('analyze');
}

/** Something to copy from. */
async function keepOneRow(admin: pg.Client, table: TenantTable, tenantId: string): Promise<void> {
  const { rowCount } = await admin.query(`select from ${table.name} where tenant_id = $1 limit 1`, [
    tenantId,
  ]);
  if (rowCount === 1) return;
  const parents = (): Row => new Proxy({}, { get: () => randomUUID() });
  await makeRow(table, tenantId, parents, async (row) => {
    await admin.query(insertOf(table, row));
  });
}

const isOneATenant = ({ uniqueKeys }: TenantTable): boolean =>
  uniqueKeys.some((key) => key.length === 1 && key[0] === 'tenant_id');

async function copyRows(
  admin: pg.Client,
  table: TenantTable,
  from: string,
  to: readonly string[],
  copies: number,
): Promise<void> {
  const references = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  const names = table.columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  const values = table.columns.map((column) => {
    const name = pg.escapeIdentifier(column.name);
    if (column.name === 'tenant_id') return 'owner.id';
    if (references.has(column.name) && !column.unique) return name;
    if (column.type.startsWith('timestamp')) return `${name} - number * interval '6 hours'`;
    if (column.type === 'numeric') return `${name} + number`;
    const isOneOfSome = column.literals.some((literal) => !literal.startsWith('^'));
    if (!column.unique || isOneOfSome) return name;
    if (column.type === 'uuid') return 'gen_random_uuid()';
    if (column.type === 'smallint') return '(number % 16)::smallint';
    if (column.type === 'date') return `${name} - number::int`;
    // The same length, for what is checked of a text is mostly how it begins and how long it is.
    return `case when length(${name}) > 6 then left(${name}, -6) else ${name} end || lpad(number::text, 6, '0')`;
  });
  await admin.query(
    `insert into ${table.name} (${names})
     select ${values.join(', ')}
     from (select *, place * 1000 + copy as number
           from (select *, row_number() over () as place from ${table.name}
                 where tenant_id = $1 limit 10) as each,
             generate_series(1, $3::int) as copy) as original,
       unnest($2::uuid[]) as owner(id)
     on conflict do nothing`,
    [from, to, copies],
  );
}
