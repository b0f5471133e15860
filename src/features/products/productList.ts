import type { TenantTransaction } from '../../db/database.ts';
import { pageRules } from '../../db/query/keyset.ts';
import type { CountedConnection } from '../../graphql/connections.ts';
import type { Asked } from '../../graphql/lookAhead.ts';
import { once } from '../../lib/once.ts';
import { makeCursor, type PageArguments, readPage, toConnection } from '../../lib/pagination.ts';
import { readPhrase } from '../../lib/searchPhrase.ts';
import { type Count, countProducts } from './productCounts.queries.ts';
import { type Facets, readFacets, readFacetsOf } from './productFacets.ts';
import { findAndCountMatches, findFirstMatches } from './productFirstPage.queries.ts';
import { mostOnFirstPage } from './productSearch.queries.ts';
import { type ChosenSort, selectProducts, sortOf } from './productSelection.ts';
import {
  type FoundProduct,
  findProductPage,
  type Product,
  type ProductFilter,
  productCursor,
  productOrder,
} from './products.queries.ts';

/** Each is read once an operation, however often it is asked for. */
export interface ProductList extends CountedConnection<Product> {
  count(): Promise<Count>;
  facets(): Promise<Facets>;
}

interface ListArguments extends PageArguments {
  filter?: object | null | undefined;
  search?: string | null | undefined;
  orderBy?: ChosenSort | null | undefined;
}

/**
 * A page of the catalogue or of a search, with what else is `asked` of the list read beside it. What one
 * statement can both search and read is not searched for first, which would cost a round trip.
 */
export async function listProducts(
  tx: TenantTransaction,
  args: ListArguments,
  { list: { page: asksPage, others }, columns }: Asked,
): Promise<ProductList> {
  const phrase = readPhrase('search', args.search);
  const wantsFirst = asksPage && isFirstPage(args);
  const select = once(() => selectProducts(tx, args.filter, phrase, wantsFirst));
  const count = once(async () => countProducts(tx, await select()));
  const facets = once(async () => readFacets(tx, await select()));
  const rest = { count, facets, countRows: async () => (await count()).count };
  const counts = others.has('totalCount') || others.has('totalCountPrecision');
  const asksFacets = others.has('facets');
  if (phrase !== null && wantsFirst && !asksFacets) {
    const page = readPage(args, rulesOf('RELEVANCE'));
    const firstPage = (found: FoundProduct[]) =>
      toConnection(found, page, cursorIn(found[0]?.score === null ? 'CREATED_AT' : 'RELEVANCE'));
    if (!counts) {
      return { ...firstPage(await findFirstMatches(tx, phrase, page.limit, columns)), ...rest };
    }
    const matches = await findAndCountMatches(tx, phrase, page.limit, columns);
    return {
      ...firstPage(matches.found),
      ...rest,
      count: async () => matches.count,
      countRows: async () => matches.count.count,
    };
  }
  if (phrase !== null && asksFacets && !asksPage && others.size === 1 && !hasCursor(args)) {
    const page = readPage(args, rulesOf('RELEVANCE'));
    const found = await readFacetsOf(tx, phrase, (args.filter ?? null) as ProductFilter | null);
    return { ...toConnection([], page, cursorIn('RELEVANCE')), ...rest, facets: async () => found };
  }
  const selection = await select();
  const { key, direction } = sortOf(args.orderBy, selection);
  const page = readPage(args, rulesOf(key));
  // Of a list that is only counted no page is read.
  const reads = asksPage || !(counts || asksFacets);
  const order = productOrder(key, direction === 'DESC');
  const [found] = await Promise.all([
    reads ? findProductPage(tx, selection, order, page, columns) : [],
    counts ? count() : undefined,
    asksFacets ? facets() : undefined,
  ]);
  return { ...toConnection(found, page, cursorIn(key)), ...rest };
}

const hasCursor = ({ after, before }: PageArguments): boolean => (after ?? before) != null;

/** Of the list in its own order, and small enough for a search to tell it. */
function isFirstPage(args: ListArguments): boolean {
  const { first, last, filter, orderBy } = args;
  return !hasCursor(args) && (last ?? filter ?? orderBy) == null && (first ?? 0) < mostOnFirstPage;
}

const rulesOf = (sort: ChosenSort['key']) => pageRules(productOrder(sort, true), 20);

const cursorIn = (sort: ChosenSort['key']) => (row: FoundProduct) =>
  makeCursor(productOrder(sort, true).sort, productCursor(sort, row));
