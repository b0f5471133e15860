import { and, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { readFilter } from '../../db/filters.ts';
import { prepareShapes } from '../../db/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import { countedAmong } from './productCounts.queries.ts';
import { matchCondition, matchValues } from './productSearch.queries.ts';
import { matching, type ProductSelection, productFilterFields } from './products.queries.ts';

export interface FacetRow {
  /** `among`: how many products were looked at, in one row. */
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
    const { category, condition, status, tags } = products;
    const fits = sql<boolean>`${and(matching(filter), matchCondition(search))}`.as('fits');
    const among = db
      .$with('among')
      .as(countedAmong(db, selection, { category, condition, status, tags, fits }));
    // Three of the four have few values, and few combinations of them: those are counted first.
    const ranked = sql`(
      with kinds as materialized (
        select category, condition, status, fits, count(*) as count from among group by category, condition, status, fits
      )
      select facet, value, count, row_number() over (partition by facet order by count desc, value) as place
      from (
        select 'category' as facet, category as value, sum(count)::int as count
        from kinds where fits and category is not null group by category
        union all select 'condition', condition, sum(count)::int from kinds where fits group by condition
        union all select 'status', status, sum(count)::int from kinds where fits group by status
        union all select 'tag', tag, count(*)::int
        from (select unnest(tags) as tag from among where fits) as tagged group by tag
        union all select 'among', '', coalesce(sum(count), 0)::int from kinds
      ) as counted
    ) as ranked`;
    return db
      .with(among)
      .select({
        facet: sql<FacetRow['facet']>`facet`,
        value: sql<string>`value`,
        count: sql<number>`count`,
      })
      .from(ranked)
      .where(sql`place <= ${mostFacetValues}`)
      .orderBy(sql`facet, place`);
  });
  return statement(tx, { ...filter.values, ...matchValues(search) });
}
