import type { TenantTransaction } from '../../db/database.ts';
import { PublicError } from '../../lib/errors.ts';
import { searchProducts } from './productSearch.queries.ts';
import type { ProductFilter, ProductSelection, ProductSort } from './products.queries.ts';

/** The client's `filter` and `search` → what to select. Only a search asks Postgres; see searchProducts. */
export async function selectProducts(
  tx: TenantTransaction,
  filter: object | null | undefined,
  phrase: string | null,
  wantsFirstPage: boolean,
): Promise<ProductSelection> {
  return {
    search: phrase === null ? null : await searchProducts(tx, phrase, wantsFirstPage),
    filter: (filter ?? null) as ProductFilter | null,
  };
}

export interface ChosenSort {
  key: ProductSort;
  direction: 'ASC' | 'DESC';
}

/**
 * The order asked for; else the best match first when searched, the newest first when not. Matches
 * that are too many to rank come in the order of their age.
 */
export function sortOf(
  asked: ChosenSort | null | undefined,
  { search }: ProductSelection,
): ChosenSort {
  if (asked?.key === 'RELEVANCE' && search === null) {
    throw new PublicError('BAD_USER_INPUT', 'RELEVANCE needs "search"; give it or sort otherwise.');
  }
  const { key, direction } = asked ?? {
    key: search === null ? 'CREATED_AT' : 'RELEVANCE',
    direction: 'DESC',
  };
  return { key: key === 'RELEVANCE' && search?.kind === 'QUERY' ? 'CREATED_AT' : key, direction };
}
