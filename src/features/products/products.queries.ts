import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import {
  type Filter,
  indexedTextField,
  indexedValueField,
  listField,
  readFilter,
  textField,
  valueField,
} from '../../db/query/filters.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { pickColumns, sortColumnNames } from '../../db/query/pickColumns.ts';
import { noIndexCondition } from '../../db/query/planSteering.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareInsert } from '../../db/query/prepareInsert.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { products } from '../../db/tables/products.ts';
import type { Page } from '../../lib/pagination.ts';
import { needsLearning } from './knownWords.ts';
import {
  firstMatches,
  isMatched,
  matchCondition,
  matchedIds,
  matchedInOrder,
  matchScore,
  matchValues,
  mostOnFirstPage,
  type ProductMatches,
} from './productSearch.queries.ts';

const {
  searchVector: _searchVector,
  searchSignature: _searchSignature,
  ...productColumns
} = getTableColumns(products);

export type { ProductImage, ProductOption, ProductVariant } from '../../db/tables/products.ts';
export { productColumns };

/** Their values may be long. */
const wideColumns = ['description', 'images', 'options', 'variants', 'metadata'];

/** What is read of a product: everything but the columns that only search compares. */
export type Product = Omit<typeof products.$inferSelect, 'searchVector' | 'searchSignature'>;
export type NewProduct = typeof products.$inferInsert;

/** A product of a page; `score` is its rank when a search was given. */
export type FoundProduct = Product & { score: number | null };

export const productFilterFields = {
  status: valueField(products.status),
  condition: valueField(products.condition),
  category: indexedTextField(products.category),
  location: textField(products.location),
  name: textField(products.name),
  sku: indexedTextField(products.sku),
  externalReference: indexedTextField(products.externalReference),
  currency: textField(products.priceCurrency),
  price: indexedValueField(products.priceAmount),
  stock: valueField(products.stock),
  tags: listField(products.tags),
  createdAt: indexedValueField(products.createdAt),
  updatedAt: indexedValueField(products.updatedAt),
};

export type ProductFilter = Readonly<
  Record<string, Readonly<Record<string, unknown>> | null | undefined>
>;
export type ProductSort = 'CREATED_AT' | 'UPDATED_AT' | 'NAME' | 'PRICE' | 'RELEVANCE';

export interface ProductSelection {
  filter: ProductFilter | null;
  /** null: no search. */
  search: ProductMatches | null;
}

const id = { sql: products.id, kind: 'uuid' } as const;
const sortColumns: Record<ProductSort, Order['columns']> = {
  CREATED_AT: [{ sql: products.createdAt, kind: 'time' }, id],
  UPDATED_AT: [{ sql: products.updatedAt, kind: 'time' }, id],
  NAME: [{ sql: products.nameKey, kind: 'text' }, id],
  PRICE: [{ sql: products.priceAmount, kind: 'number' }, id],
  RELEVANCE: [{ sql: matchScore, kind: 'number' }, id],
};

/** To compare prices is not leakproof: row-level security comes first, and no index goes on from a cursor. */
const goesOnByIndex = ({ columns }: Order, page: Page): boolean =>
  columns !== sortColumns.PRICE || (page.after === null && page.before === null);

export function productOrder(sort: ProductSort, descending: boolean): Order {
  return { sort: `products.${sort}`, columns: sortColumns[sort], descending };
}

const cursorKeys: Record<ProductSort, (product: FoundProduct) => string> = {
  CREATED_AT: ({ createdAt }) => createdAt,
  UPDATED_AT: ({ updatedAt }) => updatedAt,
  NAME: ({ nameKey }) => nameKey ?? '',
  PRICE: ({ priceAmount }) => priceAmount,
  RELEVANCE: ({ score }) => String(score ?? 0),
};

export function productCursor(sort: ProductSort, product: FoundProduct): string[] {
  return [cursorKeys[sort](product), product.id];
}

const pageStatement = prepareShapes<FoundProduct[]>();
const lightPageStatement = prepareShapes<FoundProduct[]>({ light: true });

/** One page in reading direction, `page.limit` rows at most, with the columns that are `asked` for (null: all). */
export async function findProductPage(
  tx: TenantTransaction,
  selection: ProductSelection,
  order: Order,
  page: Page,
  asked: readonly string[] | null,
): Promise<FoundProduct[]> {
  const search = firstMatchesOf(selection, order, page);
  if (search !== null) {
    const rows = await readProductPage(tx, { ...selection, search }, order, page, asked);
    // One that has gone since the search leaves a place that another may take.
    if (rows.length === page.limit) return rows;
  }
  return readProductPage(tx, selection, order, page, asked);
}

/** null: not the first page of a search in its own order, or one that all of its matches are needed for. */
function firstMatchesOf(
  { search, filter }: ProductSelection,
  order: Order,
  page: Page,
): ProductMatches | null {
  if (search === null || page.limit > mostOnFirstPage || page.backwards) return null;
  if (page.after !== null || page.before !== null || filter !== null || !order.descending)
    return null;
  const own = search.kind === 'RANKED' ? sortColumns.RELEVANCE : sortColumns.CREATED_AT;
  return order.columns === own ? firstMatches(search) : null;
}

function readProductPage(
  tx: TenantTransaction,
  selection: ProductSelection,
  order: Order,
  page: Page,
  asked: readonly string[] | null,
): Promise<FoundProduct[]> {
  const filter = readFilter(selection.filter, productFilterFields);
  const keys = keyset(order, page);
  const searched = selection.search?.kind ?? '';
  const shape = `${searched}|${filter.shape}|${keys.shape}|${asked ?? '*'}`;
  const isLight =
    searched === '' &&
    filter.shape === '' &&
    goesOnByIndex(order, page) &&
    asked !== null &&
    !wideColumns.some((column) => asked.includes(column));
  const statement = (isLight ? lightPageStatement : pageStatement)(shape, (db) => {
    const rows = db
      .select({
        ...pickColumns(productColumns, asked, sortColumnNames(productColumns, order)),
        score: searched === 'RANKED' ? matchScore : sql<null>`null`,
      })
      .from(products)
      .$dynamic();
    const after = searched === 'RANKED' ? noIndexCondition(keys.where) : keys.where;
    if (searched === 'RANKED') {
      const byScore = order.columns[0]?.sql === matchScore;
      // A dynamic builder changes in place.
      rows.innerJoin(byScore ? matchedInOrder(keys.down) : matchedIds, isMatched);
    }
    return rows
      .where(and(matching(filter, after), matchCondition(selection.search)))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit'));
  });
  return statement(tx, {
    ...filter.values,
    ...keys.values,
    ...matchValues(selection.search),
    limit: page.limit,
  });
}

/** The tenant's rows that the client's filter lets through. */
export function matching(filter: Filter, keys?: SQL): SQL | undefined {
  return and(eq(products.tenantId, tenant), ...filter.conditions, keys);
}

export const findProductsByIds = prepareByKeys<Product>(
  products,
  productColumns,
  products.id,
  'ids',
  wideColumns,
);

export const findProductsBySkus = prepareByKeys<Product>(
  products,
  productColumns,
  products.sku,
  'skus',
);

export const findProductsByReferences = prepareByKeys<Product>(
  products,
  productColumns,
  products.externalReference,
  'references',
);

/** Reads a product and holds it until COMMIT, so that two updates do not lose each other's changes. */
export const lockProduct = prepare((db) =>
  db
    .select(productColumns)
    .from(products)
    .where(and(eq(products.tenantId, tenant), eq(products.id, sql.placeholder('id'))))
    .for('update'),
);

/**
 * Keeps the words that a product is named by, for typos to be looked up in: part of what a statement
 * returns, so that a create has no statement more. See knownWords.ts for when it is needed.
 */
const learned = sql<null>`app.learn_product_words(${products.tenantId}, ${products.id}, ${products.name}, ${products.category}, ${products.tags})`;

const insertKnown = prepareInsert<typeof products, Product>(products, productColumns);
const insertLearning = prepareInsert<typeof products, Product>(products, {
  ...productColumns,
  learned,
});

export function insertProduct(tx: TenantTransaction, row: NewProduct): Promise<Product> {
  return needsLearning(tx, [row]) ? insertLearning(tx, row) : insertKnown(tx, row);
}

export async function updateProduct(
  tx: TenantTransaction,
  id: string,
  changes: Partial<NewProduct>,
): Promise<Product | undefined> {
  const rows = await tx.db
    .update(products)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(and(eq(products.tenantId, tx.tenantId), eq(products.id, id)))
    .returning(needsLearning(tx, [changes]) ? { ...productColumns, learned } : productColumns);
  return rows[0];
}

/** Which products have these SKUs, as far as telling them apart needs. */
export const findSkuOwners = prepare((db) =>
  db
    .select({ sku: products.sku, externalReference: products.externalReference })
    .from(products)
    .where(
      and(eq(products.tenantId, tenant), sql`${products.sku} = any(${sql.placeholder('skus')})`),
    ),
);

/** Held until COMMIT, in the order of their ids, as updates of single products may hold some. */
export const lockProductsByReferences = prepare((db) =>
  db
    .select(productColumns)
    .from(products)
    .where(
      and(
        eq(products.tenantId, tenant),
        sql`${products.externalReference} = any(${sql.placeholder('references')})`,
      ),
    )
    .orderBy(products.id)
    .for('update'),
);

/**
 * One statement for rows that all give the same columns; of a product that is there, only these
 * change. At most 500 rows: a statement has 65 535 parameters. Answers the ids as they are stored,
 * the row's own where it is new.
 */
export async function upsertProductRows(
  tx: TenantTransaction,
  rows: readonly NewProduct[],
): Promise<{ id: string }[]> {
  const kept = new Set(['tenantId', 'id', 'externalReference']);
  const given = Object.keys(rows[0] ?? {}).filter((name) => !kept.has(name)) as ProductColumn[];
  const changes = given.map((name) => [name, sql`excluded.${sql.identifier(products[name].name)}`]);
  return tx.db
    .insert(products)
    .values([...rows])
    .onConflictDoUpdate({
      target: [products.tenantId, products.externalReference],
      set: { ...Object.fromEntries(changes), updatedAt: sql`now()` },
      setWhere: eq(products.tenantId, tx.tenantId),
    })
    .returning(needsLearning(tx, rows) ? { id: products.id, learned } : { id: products.id });
}

type ProductColumn = keyof Product;
