import type { TenantTransaction } from '../../db/database.ts';
import { countFacets, type FacetRow } from './productFacets.queries.ts';
import type { ProductSelection } from './products.queries.ts';

type FacetValue = Pick<FacetRow, 'value' | 'count'>;

export interface Facets {
  categories: FacetValue[];
  conditions: FacetValue[];
  statuses: FacetValue[];
  tags: FacetValue[];
}

export async function readFacets(
  tx: TenantTransaction,
  selection: ProductSelection,
): Promise<Facets> {
  const byFacet = Map.groupBy(await countFacets(tx, selection), ({ facet }) => facet);
  return {
    categories: byFacet.get('category') ?? [],
    conditions: byFacet.get('condition') ?? [],
    statuses: byFacet.get('status') ?? [],
    tags: byFacet.get('tag') ?? [],
  };
}
