import { sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { readFilter } from '../../db/filters.ts';
import { prepareShapes } from '../../db/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import {
  found,
  foundIt,
  matching,
  type ProductSelection,
  productFilterFields,
} from './products.queries.ts';

export interface FacetRow {
  facet: 'category' | 'condition' | 'status' | 'tag';
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
  const searched = selection.search !== null;
  const statement = facetStatement(`${searched}|${filter.shape}`, (db) => {
    const rows = db
      .select({
        category: products.category,
        condition: products.condition,
        status: products.status,
        tags: products.tags,
      })
      .from(products)
      .$dynamic();
    if (searched) rows.innerJoin(found, foundIt);
    const selected = db.$with('selected').as(rows.where(matching(filter)));
    const ranked = sql`(
      select facet, value, count(*)::int as count,
             row_number() over (partition by facet order by count(*) desc, value) as place
      from selected
      cross join lateral (
        select 'category' as facet, category as value where category is not null
        union all select 'condition', condition
        union all select 'status', status
        union all select 'tag', tag from unnest(tags) as tag
      ) as each_value
      group by facet, value
    ) as ranked`;
    return db
      .with(selected)
      .select({
        facet: sql<FacetRow['facet']>`facet`,
        value: sql<string>`value`,
        count: sql<number>`count`,
      })
      .from(ranked)
      .where(sql`place <= ${mostFacetValues}`)
      .orderBy(sql`facet, place`);
  });
  return statement(tx, { ...filter.values, search: selection.search });
}
