import type { TenantTransaction } from '../../db/database.ts';
import { mostCounted } from './productCounts.queries.ts';
import { countFacets, type FacetRow } from './productFacets.queries.ts';
import type { ProductSelection } from './products.queries.ts';

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
  const byFacet = Map.groupBy(await countFacets(tx, selection), ({ facet }) => facet);
  const among = byFacet.get('among')?.[0]?.count ?? 0;
  return {
    complete: selection.search?.kind === 'RANKED' || among <= mostCounted,
    categories: byFacet.get('category') ?? [],
    conditions: byFacet.get('condition') ?? [],
    statuses: byFacet.get('status') ?? [],
    tags: byFacet.get('tag') ?? [],
  };
}
