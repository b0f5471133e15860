import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { TenantTransaction } from '../../db/database.ts';
import { readFilter } from '../../db/filters.ts';
import { type TemplateDrizzle, tenant } from '../../db/prepare.ts';
import { prepareShapes } from '../../db/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import { isMatched, matchCondition, matchedIds, matchValues } from './productSearch.queries.ts';
import { matching, type ProductSelection, productFilterFields } from './products.queries.ts';

type Selected = Record<string, PgColumn | SQL | SQL.Aliased>;

/**
 * How many of the newest products are looked at to count what cannot be listed: all 200 000 of a
 * catalogue take 300 ms, these take 2.
 */
export const mostCounted = 1_000;

/** The newest product that is not counted any more; before all of them, where all are. */
const oldestCounted = sql`(
  select created_at, id
  from ((select ${products.createdAt}, ${products.id}, 1 as place from ${products}
         where ${eq(products.tenantId, tenant)}
         order by ${products.createdAt} desc, ${products.id} desc offset ${sql.raw(String(mostCounted))} limit 1)
        union all select '-infinity', '00000000-0000-0000-0000-000000000000', 2) as bound
  order by place limit 1)`;

/**
 * Reads of the products to count among: those that a search ranked, all of them, or else the newest
 * 1 001. `select` has what they fit as its own condition, so that what was looked at can be counted.
 */
export function countedAmong(db: TemplateDrizzle, { search }: ProductSelection, select: Selected) {
  const rows = db.select(select).from(products).$dynamic();
  if (search?.kind === 'RANKED') {
    return rows.innerJoin(matchedIds, isMatched).where(eq(products.tenantId, tenant));
  }
  return rows.where(
    and(
      eq(products.tenantId, tenant),
      sql`(${products.createdAt}, ${products.id}) >= ${oldestCounted}`,
    ),
  );
}

export interface Count {
  count: number;
  /** Whether there may be more: not all products were looked at. */
  atLeast: boolean;
}

const countStatement = prepareShapes<{ count: number; among: number }[]>();

/** Without a search all are counted; with one that more than 1 000 fit, among the newest 1 000. */
export async function countProducts(
  tx: TenantTransaction,
  selection: ProductSelection,
): Promise<Count> {
  const filter = readFilter(selection.filter, productFilterFields);
  const { search } = selection;
  const shape = `${search?.kind ?? ''}|${filter.shape}`;
  const statement = countStatement(shape, (db) => {
    const among = sql<number>`count(*)::int`;
    if (search === null) {
      return db
        .select({ count: among, among: sql<number>`0` })
        .from(products)
        .where(matching(filter));
    }
    const fits = and(matching(filter), matchCondition(search));
    const count = sql<number>`(count(*) filter (where ${fits}))::int`;
    return countedAmong(db, selection, { count, among }) as never;
  });
  const rows = await statement(tx, { ...filter.values, ...matchValues(search) });
  const { count, among } = rows[0] ?? { count: 0, among: 0 };
  return { count, atLeast: search?.kind === 'QUERY' && among > mostCounted };
}
