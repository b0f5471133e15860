import type { TenantTransaction } from '../../db/database.ts';
import { countFacets, countFacetsOf, type FacetRow } from './productFacets.queries.ts';
import type { ProductFilter, ProductSelection } from './products.queries.ts';

type FacetValue = Pick<FacetRow, 'value' | 'count'>;

export interface Facets {
  /** Whether every product of the list was counted. */
  complete: boolean;
  categories: FacetValue[];
  conditions: FacetValue[];
  statuses: FacetValue[];
  tags: FacetValue[];
}

export async function readFacets(
  tx: TenantTransaction,
  selection: ProductSelection,
): Promise<Facets> {
  return toFacets(await countFacets(tx, selection));
}

/** Those of a search of which nothing else is asked. */
export async function readFacetsOf(
  tx: TenantTransaction,
  phrase: string,
  filter: ProductFilter | null,
): Promise<Facets> {
  return toFacets(await countFacetsOf(tx, phrase, filter));
}

function toFacets(rows: FacetRow[]): Facets {
  const byFacet = Map.groupBy(rows, ({ facet }) => facet);
  return {
    complete: byFacet.get('complete')?.[0]?.value === 'YES',
    categories: byFacet.get('category') ?? [],
    conditions: byFacet.get('condition') ?? [],
    statuses: byFacet.get('status') ?? [],
    tags: byFacet.get('tag') ?? [],
  };
}
