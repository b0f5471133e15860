import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { noIndexOnlyScan } from '../../db/query/planSteering.ts';
import { prepare } from '../../db/query/prepare.ts';
import { products } from '../../db/tables/products.ts';

/**
 * What a search found, read once an operation and joined by whatever reads of it. Up to 1 000 products
 * are RANKED: their ids and scores as Postgres wrote them, the best first, for nothing but Postgres reads
 * them. Of a search that more fit there is only the QUERY, which a page compares with row by row in its
 * order; `newest` are the ids of its first page, if that was asked for.
 */
export type ProductMatches =
  | { readonly kind: 'RANKED'; readonly ids: string; readonly scores: string }
  | { readonly kind: 'QUERY'; readonly query: string; readonly newest: string | null };

interface SearchRow {
  wanted: string | null;
  ids: string | null;
  scores: string | null;
  newest: string | null;
}

/** Of how many a first page can be told, the one more included that says whether there is another. */
export const mostOnFirstPage = 21;

const emptyRow: SearchRow = { wanted: null, ids: '{}', scores: '{}', newest: null };

const searchStatement = prepare((db) =>
  db
    .select({
      wanted: sql<string | null>`wanted`,
      ids: sql<string | null>`ids::text`,
      scores: sql<string | null>`scores::text`,
      newest: sql<string | null>`page_ids::text`,
    })
    .from(sql`app.search_products(${sql.placeholder('phrase')}, ${sql.placeholder('page')})`),
);

/**
 * A phrase without NUL → what it finds in the tenant's products, and of what is too much the newest, if
 * the first page is wanted as well. See sql/functions/product_search.sql, and findFirstMatches.
 */
export async function searchProducts(
  tx: TenantTransaction,
  phrase: string,
  wantsFirstPage: boolean,
): Promise<ProductMatches> {
  const [row] = (await searchStatement(tx, {
    phrase,
    page: wantsFirstPage ? mostOnFirstPage : 0,
  })) as SearchRow[];
  const { wanted, ids, scores, newest } = row ?? emptyRow;
  return ids === null || scores === null
    ? { kind: 'QUERY', query: wanted ?? '', newest }
    : { kind: 'RANKED', ids, scores };
}

/**
 * The first matches of a search in its own order, of many: to hand 600 back to Postgres costs a
 * millisecond, to walk to those of two words several. null: the page is read from all.
 */
export function firstMatches(matches: ProductMatches): ProductMatches | null {
  if (matches.kind === 'QUERY') {
    const { newest } = matches;
    return newest === null ? null : { kind: 'RANKED', ids: newest, scores: '{}' };
  }
  const ids = firstOf(matches.ids);
  return ids === matches.ids ? null : { kind: 'RANKED', ids, scores: firstOf(matches.scores) };
}

/** An array as Postgres writes it, of values that need no quotes. */
const firstOf = (array: string): string =>
  `{${array.slice(1, -1).split(',', mostOnFirstPage).join(',')}}`;

/**
 * Beyond all that are ranked. It is there to be unknown when the plan is made: the planner then expects
 * one row to join, and looks each up. Of ten it reads all that the tenant has wherever the average one
 * has a handful: 200 000 rows of a large one for a search that found 100.
 */
const lookedUp = sql`limit ${1_001}`;

const matches = sql`unnest(${sql.placeholder('matchedIds')}::uuid[], ${sql.placeholder('matchedScores')}::real[]) as matched(product_id, score)`;

/** To join, as `matched`: the rows themselves are read under the tenant's policy. */
export const matchedIds = sql`(select * from ${matches} ${lookedUp}) as matched`;

/** The same in the order of their scores, which the join then keeps: a page reads its own rows only, not all 1 000. */
export const matchedInOrder = (down: boolean): SQL => {
  const direction = sql.raw(down ? 'desc' : 'asc');
  return sql`(select * from ${matches} order by score ${direction}, product_id ${direction} ${lookedUp}) as matched`;
};

const searched = sql`app.search_products(${sql.placeholder('phrase')}, ${sql.placeholder('page')})`;

/** The first `page` products that fit `phrase`, found by the statement that joins them. A QUERY's have no score. */
export const firstFound = sql`(
  select first.* from ${searched} as found,
    unnest(found.page_ids, found.page_scores) with ordinality as first(product_id, score, place)
  ${lookedUp}
) as matched`;

/**
 * The same with `count`, how many fit, `among` how many that were looked at. Those of a RANKED search are
 * all there are, for nothing can have gone in one statement. `newest`: what a QUERY's are counted among.
 */
export const firstFoundCounted = (newest: SQLWrapper): SQL => sql`(
  with found as materialized (select *, wanted::tsquery as query from ${searched}), counted as (
    select (count(*) filter (where fits))::int as count, count(*)::int as among
    from ${newest} as newest where (select ids is null from found)
  )
  select first.*, coalesce(cardinality(found.ids), counted.count) as count, counted.among
  from found, counted,
    unnest(found.page_ids, found.page_scores) with ordinality as first(product_id, score, place)
  ${lookedUp}
) as matched`;
export const foundPlace = sql`matched.place`;

export const isMatched = sql`matched.product_id = ${products.id} and ${noIndexOnlyScan(products)}`;
export const matchScore = sql<number>`matched.score`;

/** All that fits `phrase`, for a WITH that calls it `found`: the ids of a RANKED search, or the QUERY. */
export const foundAll = sql`(select ids, wanted::tsquery as query from app.search_products(${sql.placeholder('phrase')}))`;
export const foundIds = sql`(select unnest(ids) as product_id from found ${lookedUp}) as matched`;
export const foundQuery = sql`(select query from found)`;

export function matchCondition(matches: ProductMatches | null): SQL | undefined {
  if (matches?.kind !== 'QUERY') return undefined;
  return fitsQuery(sql`${sql.placeholder('matchQuery')}::tsquery`);
}

/**
 * As a number that is not zero: of @@ the planner expects one row in a thousand, and reads and sorts a
 * whole catalogue rather than walk an order; of this it expects nearly all. It is never asked of an
 * index, for which row-level security is in the way (see the function's file).
 */
export function fitsQuery(query: SQL): SQL {
  return sql`ts_match_vq(${products.searchVector}, ${query})::int <> 0`;
}

/** For the placeholders of all these. */
export function matchValues(matches: ProductMatches | null): Record<string, string> {
  if (matches === null) return {};
  return matches.kind === 'QUERY'
    ? { matchQuery: matches.query }
    : { matchedIds: matches.ids, matchedScores: matches.scores };
}
