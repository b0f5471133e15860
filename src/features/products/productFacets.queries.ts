import { and, type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { type Filter, readFilter } from '../../db/filters.ts';
import type { TemplateDrizzle } from '../../db/prepare.ts';
import { prepareShapes } from '../../db/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import { countedAmong, countedMatches, countedNewest } from './productCounts.queries.ts';
import {
  fitsQuery,
  foundAll,
  foundIds,
  foundQuery,
  matchCondition,
  matchValues,
} from './productSearch.queries.ts';
import {
  matching,
  type ProductFilter,
  type ProductSelection,
  productFilterFields,
} from './products.queries.ts';

export interface FacetRow {
  /** `among`: how many products were looked at, in one row, whose value is ALL where no others fit. */
  facet: 'category' | 'condition' | 'status' | 'tag' | 'among';
  value: string;
  count: number;
}

const mostFacetValues = 50;
const facetStatement = prepareShapes<FacetRow[]>();

/** How many products of the selection have each category, condition, status and tag; the 50 commonest of each. */
export function countFacets(
  tx: TenantTransaction,
  selection: ProductSelection,
): Promise<FacetRow[]> {
  const filter = readFilter(selection.filter, productFilterFields);
  const { search } = selection;
  const statement = facetStatement(`${search?.kind ?? ''}|${filter.shape}`, (db) => {
    const counted = countedAmong(db, selection, faceted(filter, matchCondition(search)));
    const isAll = search?.kind === 'RANKED' ? sql`true` : sql`false`;
    return facetsAmong(db, sql`among as ${counted}`, isAll);
  });
  return statement(tx, { ...filter.values, ...matchValues(search) });
}

/** The same of what a phrase finds, by a statement that searches as well: a round trip less. */
export function countFacetsOf(
  tx: TenantTransaction,
  phrase: string,
  given: ProductFilter | null,
): Promise<FacetRow[]> {
  const filter = readFilter(given, productFilterFields);
  const statement = facetStatement(`PHRASE|${filter.shape}`, (db) => {
    const ranked = countedMatches(db, foundIds, faceted(filter));
    const newest = countedNewest(db, faceted(filter, fitsQuery(foundQuery)));
    const among = sql`found as materialized ${foundAll},
      among as (
        select * from ${ranked} as ranked
        union all select * from ${newest} as newest where (select ids is null from found)
      )`;
    return facetsAmong(db, among, sql`(select ids is not null from found)`);
  });
  return statement(tx, { ...filter.values, phrase });
}

function faceted(filter: Filter, matches?: SQL) {
  const { category, condition, status, tags } = products;
  const fits = sql<boolean>`${and(matching(filter), matches)}`.as('fits');
  return { category, condition, status, tags, fits };
}

/** `among`: the part of WITH that is called so. `isAll`: whether what it has not looked at fits in no case. */
function facetsAmong(db: TemplateDrizzle, among: SQL, isAll: SQL) {
  // Three of the four have few values, and few combinations of them: those are counted first.
  const ranked = sql`(
      with ${among}, kinds as materialized (
        select category, condition, status, count(*) as count from among where fits group by category, condition, status
      )
      select facet, value, count, row_number() over (partition by facet order by count desc, value) as place
      from (
        select 'category' as facet, category as value, sum(count)::int as count
        from kinds where category is not null group by category
        union all select 'condition', condition, sum(count)::int from kinds group by condition
        union all select 'status', status, sum(count)::int from kinds group by status
        union all select 'tag', tag, count(*)::int
        from (select unnest(tags) as tag from among where fits) as tagged group by tag
        union all select 'among', case when ${isAll} then 'ALL' else '' end, count(*)::int from among
      ) as counted
    ) as ranked`;
  return db
    .select({
      facet: sql<FacetRow['facet']>`facet`,
      value: sql<string>`value`,
      count: sql<number>`count`,
    })
    .from(ranked)
    .where(sql`place <= ${mostFacetValues}`)
    .orderBy(sql`facet, place`);
}
