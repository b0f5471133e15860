import { type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare } from '../../db/prepare.ts';
import { products } from '../../db/tables/products.ts';

/**
 * What a search found, read once an operation and joined by whatever reads of it. Up to 1 000 products
 * are RANKED: their ids and scores as Postgres wrote them, for nothing but Postgres reads them. Of a
 * search that more fit there is only the QUERY, which a page compares with row by row in its order.
 */
export type ProductMatches =
  | { readonly kind: 'RANKED'; readonly ids: string; readonly scores: string }
  | { readonly kind: 'QUERY'; readonly query: string };

interface SearchRow {
  wanted: string | null;
  ids: string | null;
  scores: string | null;
}

const searchStatement = prepare((db) =>
  db
    .select({
      wanted: sql<string | null>`wanted`,
      ids: sql<string | null>`ids::text`,
      scores: sql<string | null>`scores::text`,
    })
    .from(sql`app.search_products(${sql.placeholder('phrase')})`),
);

/** A phrase without NUL → what it finds in the tenant's products. See sql/functions/product_search.sql. */
export async function searchProducts(
  tx: TenantTransaction,
  phrase: string,
): Promise<ProductMatches> {
  const [row] = (await searchStatement(tx, { phrase })) as SearchRow[];
  const { wanted, ids, scores } = row ?? { wanted: null, ids: '{}', scores: '{}' };
  return ids === null || scores === null
    ? { kind: 'QUERY', query: wanted ?? '' }
    : { kind: 'RANKED', ids, scores };
}

/** To join, as `matched`: the rows themselves are read under the tenant's policy. */
export const matchedIds = sql`unnest(${sql.placeholder('matchedIds')}::uuid[], ${sql.placeholder('matchedScores')}::real[]) as matched(product_id, score)`;

/** The same in the order of their scores, which the join then keeps: a page reads its own rows only, not all 1 000. */
export const matchedInOrder = (down: boolean): SQL => {
  const direction = sql.raw(down ? 'desc' : 'asc');
  return sql`(select * from ${matchedIds} order by score ${direction}, product_id ${direction}) as matched`;
};

export const isMatched = sql`matched.product_id = ${products.id}`;
export const matchScore = sql<number>`matched.score`;

/**
 * As a number that is not zero: of @@ the planner expects one row in a thousand, and reads and sorts a
 * whole catalogue rather than walk an order; of this it expects nearly all. It is never asked of an
 * index, for which row-level security is in the way (see the function's file).
 */
export function matchCondition(matches: ProductMatches | null): SQL | undefined {
  if (matches?.kind !== 'QUERY') return undefined;
  return sql`ts_match_vq(${products.searchVector}, ${sql.placeholder('matchQuery')}::tsquery)::int <> 0`;
}

/** For the placeholders of all these. */
export function matchValues(matches: ProductMatches | null): Record<string, string> {
  if (matches === null) return {};
  return matches.kind === 'QUERY'
    ? { matchQuery: matches.query }
    : { matchedIds: matches.ids, matchedScores: matches.scores };
}
