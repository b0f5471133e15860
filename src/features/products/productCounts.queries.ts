import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { TenantTransaction } from '../../db/database.ts';
import { readFilter } from '../../db/query/filters.ts';
import { type TemplateDrizzle, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import { isMatched, matchCondition, matchedIds, matchValues } from './productSearch.queries.ts';
import { matching, type ProductSelection, productFilterFields } from './products.queries.ts';

type Selected = Record<string, PgColumn | SQL | SQL.Aliased>;

/**
 * How many of the newest products are looked at to count what cannot be listed: all 200 000 of a
 * catalogue take 300 ms, these take 2.
 */
export const mostCounted = 1_000;

/**
 * Reads of the products to count among: those that a search ranked, all of them, or else the newest
 * 1 001. `select` has what they fit as its own condition, so that what was looked at can be counted.
 */
export function countedAmong(db: TemplateDrizzle, { search }: ProductSelection, select: Selected) {
  return search?.kind === 'RANKED'
    ? countedMatches(db, matchedIds, select)
    : countedNewest(db, select);
}

/** `matched`: what to join. */
export function countedMatches(db: TemplateDrizzle, matched: SQL, select: Selected) {
  const rows = db.select(select).from(products).$dynamic();
  return rows.innerJoin(matched, isMatched).where(eq(products.tenantId, tenant));
}

export function countedNewest(db: TemplateDrizzle, select: Selected) {
  return db
    .select(select)
    .from(products)
    .where(eq(products.tenantId, tenant))
    .orderBy(desc(products.createdAt), desc(products.id))
    .limit(mostCounted + 1);
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
    if (search === null) {
      return db
        .select({ count: sql<number>`count(*)::int`, among: sql<number>`0` })
        .from(products)
        .where(matching(filter));
    }
    const fits = sql<boolean>`${and(matching(filter), matchCondition(search))}`.as('fits');
    const among = db.$with('among').as(countedAmong(db, selection, { fits }));
    return db
      .with(among)
      .select({
        count: sql<number>`(count(*) filter (where fits))::int`,
        among: sql<number>`count(*)::int`,
      })
      .from(among);
  });
  const rows = await statement(tx, { ...filter.values, ...matchValues(search) });
  const { count, among } = rows[0] ?? { count: 0, among: 0 };
  return { count, atLeast: search?.kind === 'QUERY' && among > mostCounted };
}
