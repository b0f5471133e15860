import { and, eq, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { prepare, tenant } from './prepare.ts';
import type { TenantTransaction } from './transaction.ts';

/**
 * Reads the rows that have one of some values in a column that is unique in a tenant, in no order:
 * `read(tx, { [name]: [...] })`. A look into the index a value, by a lateral join. `id = any($2)`
 * reads the same, but its plan is made for the average tenant, and where that is small Postgres goes
 * through all entries of the tenant in any index that also has the id: 1 ms for a product of 20 000
 * instead of 0.03.
 */
export function prepareByKeys<Row>(
  table: PgTable & { tenantId: PgColumn },
  columns: Record<string, PgColumn>,
  key: PgColumn,
  name: string,
): (tx: TenantTransaction, values: Record<string, readonly string[]>) => Promise<Row[]> {
  const values = sql`unnest(${sql.placeholder(name)}::${sql.raw(key.getSQLType())}[])`;
  const read = prepare<unknown[]>((db) => {
    const found = db
      .select(columns)
      .from(table)
      .where(and(eq(table.tenantId, tenant), sql`${key} = wanted.key`))
      .limit(1)
      .as('found');
    return db
      .select(found._.selectedFields)
      .from(sql`${values} as wanted(key)`)
      .crossJoinLateral(found);
  });
  return (tx, given) => read(tx, given) as Promise<Row[]>;
}
