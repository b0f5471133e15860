import { PublicError } from '../../lib/errors.ts';
import type { ProductFilter, ProductSelection, ProductSort } from './products.queries.ts';

const longestSearch = 200;

/** The client's `filter` and `search` → what to select. A search of blanks is no search. */
export function selectProducts(args: {
  filter?: object | null | undefined;
  search?: string | null | undefined;
}): ProductSelection {
  const search = args.search?.trim() || null;
  if (search !== null && (search.length > longestSearch || search.includes('\0'))) {
    throw new PublicError(
      'BAD_USER_INPUT',
      `"search" may have at most ${longestSearch} characters.`,
    );
  }
  return { search, filter: (args.filter ?? null) as ProductFilter | null };
}

export interface ChosenSort {
  key: ProductSort;
  direction: 'ASC' | 'DESC';
}

/** The order asked for; else the best match first when searched, the newest first when not. */
export function sortOf(
  asked: ChosenSort | null | undefined,
  selection: ProductSelection,
): ChosenSort {
  if (asked?.key === 'RELEVANCE' && selection.search === null) {
    throw new PublicError('BAD_USER_INPUT', 'RELEVANCE needs "search"; give it or sort otherwise.');
  }
  if (asked) return asked;
  return { key: selection.search === null ? 'CREATED_AT' : 'RELEVANCE', direction: 'DESC' };
}
