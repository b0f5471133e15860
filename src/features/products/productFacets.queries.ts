import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { type Filter, readFilter } from '../../db/query/filters.ts';
import { type TemplateDrizzle, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import {
  countedAmong,
  countedMatches,
  countedNewest,
  mostCounted,
} from './productCounts.queries.ts';
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
  /** `complete`: one row, whose value is YES or NO: whether every product of the list was counted. */
  facet: 'category' | 'condition' | 'status' | 'tag' | 'complete';
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
    const matches = matchCondition(search);
    const counted = countedAmong(db, selection, faceted(filter, matches));
    const narrowed = filter.conditions.length > 0 || matches !== undefined;
    const few = narrowed ? hasFew(db) : countedFew;
    const isComplete = search?.kind === 'RANKED' ? sql`true` : few;
    return facetsAmong(db, kindsOf(narrowed ? fitting(counted) : counted), isComplete);
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
    const ranked = fitting(countedMatches(db, foundIds, faceted(filter)));
    const newest = fitting(countedNewest(db, faceted(filter, fitsQuery(foundQuery))));
    const isRanked = sql`(select ids is not null from found)`;
    const counted = sql`(
      select * from ${ranked} as ranked
      union all select * from ${newest} as newest where not ${isRanked}
    )`;
    const parts = sql`found as materialized ${foundAll}, ${kindsOf(counted)}`;
    return facetsAmong(db, parts, sql`${isRanked} or ${hasFew(db)}`);
  });
  return statement(tx, { ...filter.values, phrase });
}

function faceted(filter: Filter, matches?: SQL) {
  const { category, condition, status, tags } = products;
  const size = sql<string | null>`array_dims(${tags})`.as('size');
  const fits = sql<boolean>`${and(matching(filter), matches)}`.as('fits');
  return { category, condition, status, tags, size, fits };
}

/** `offset 0`: what fits is found out of those that were read, not looked for by another index. */
const fitting = (counted: SQLWrapper): SQL =>
  sql`(select * from (select * from ${counted} as counted offset 0) as counted where fits)`;

/**
 * `kinds`, for a WITH. Products are many, their combinations of values few, so these are counted first,
 * in one pass that keeps no rows; the tags of each are strung together, which takes arrays of the same size
 * and lower bound (`size`, null where there are none), for arrays of arrays are rectangular. To keep the rows and to go through them once for each
 * facet took 1.4 ms for 1 000, this takes 1.0.
 */
function kindsOf(counted: SQLWrapper): SQL {
  return sql`kinds as materialized (
    select category, condition, status, count(*)::int as count, array_agg(tags) filter (where size is not null) as tags
    from ${counted} as counted
    group by category, condition, status, size
  )`;
}

/** Whether no product was left out, where all that were looked at are counted. */
const countedFew = sql`(select coalesce(sum(count), 0) <= ${mostCounted} from kinds)`;

/** The same where some of them are not: to count these as well, beside the others, takes three times as long. */
function hasFew(db: TemplateDrizzle): SQL {
  const own = eq(products.tenantId, tenant);
  return sql`not exists ${db.select({ id: products.id }).from(products).where(own).limit(1).offset(mostCounted)}`;
}

/** `parts`: of WITH, `kinds` among them. */
function facetsAmong(db: TemplateDrizzle, parts: SQL, isComplete: SQL) {
  const ranked = sql`(
      with ${parts}
      select facet, value, count, row_number() over (partition by facet order by count desc, value) as place
      from (
        select 'category' as facet, category as value, sum(count)::int as count
        from kinds where category is not null group by category
        union all select 'condition', condition, sum(count)::int from kinds group by condition
        union all select 'status', status, sum(count)::int from kinds group by status
        union all select 'tag', tag, count(*)::int
        from (select unnest(tags) as tag from kinds) as tagged group by tag
        union all select 'complete', case when ${isComplete} then 'YES' else 'NO' end, 1
      ) as facets
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
