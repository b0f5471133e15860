import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import {
  app,
  bytes,
  createdAt,
  id,
  pendingEntries,
  tenantId,
  tsvector,
  updatedAt,
} from './columns.ts';
import { tenants } from './tenants.ts';

export const productStatuses = ['DRAFT', 'ACTIVE', 'ARCHIVED'] as const;
export type ProductStatus = (typeof productStatuses)[number];
export const productConditions = ['NEW', 'USED', 'REFURBISHED'] as const;
export type ProductCondition = (typeof productConditions)[number];

export interface ProductImage {
  url: string;
  alt: string | null;
}
export interface ProductOption {
  name: string;
  values: string[];
}
export interface ProductVariant {
  sku: string | null;
  title: string;
  options: Record<string, string>;
  price: string;
  compareAtPrice: string | null;
  stock: number | null;
  barcode: string | null;
  imageUrl: string | null;
}

/** The last 16 bits of an id. */
const randomPlace = (id: SQLWrapper): SQL =>
  sql`(get_byte(uuid_send(${id}), 14) * 256 + get_byte(uuid_send(${id}), 15))`;

export const products = app.table(
  'products',
  {
    tenantId: tenantId(),
    id: id(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    sku: text('sku'),
    /** The lowest price of its variants, where it has some. */
    priceAmount: numeric('price_amount', { precision: 19, scale: 4 }).notNull(),
    priceCurrency: text('price_currency').notNull(),
    category: text('category'),
    condition: text('condition', { enum: productConditions }).notNull().default('NEW'),
    location: text('location'),
    /** Pieces that can be sold; null: nobody counts them. */
    stock: integer('stock'),
    status: text('status', { enum: productStatuses }).notNull().default('ACTIVE'),
    tags: text('tags').array().notNull().default([]),
    images: jsonb('images').$type<ProductImage[]>().notNull().default([]),
    options: jsonb('options').$type<ProductOption[]>().notNull().default([]),
    variants: jsonb('variants').$type<ProductVariant[]>().notNull().default([]),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    externalReference: text('external_reference'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Name without case and accents: what people mean by alphabetical order. */
    nameKey: text('name_key').generatedAlwaysAs((): SQL => sql`app.fold(name)`),
    searchVector: tsvector('search_vector').generatedAlwaysAs(
      (): SQL => sql`app.product_search_vector(name, sku, category, tags, description)`,
    ),
    /** How the words of the search vector begin: what a search may pass over without reading the row. */
    searchSignature: bytes('search_signature').generatedAlwaysAs(
      (): SQL => sql`app.product_search_signature(name, sku, category, tags, description)`,
    ),
  },
  (table) => [
    primaryKey({ name: 'products_pkey', columns: [table.tenantId, table.id] }),
    unique('products_tenant_id_sku_key').on(table.tenantId, table.sku),
    unique('products_tenant_id_external_reference_key').on(table.tenantId, table.externalReference),
    foreignKey({
      name: 'products_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    // Ascending and read backwards: drizzle-kit's .desc() is NULLS LAST, which no page order uses.
    // The signature orders nothing: a search walks the catalogue's own order in this index alone.
    index('products_tenant_id_created_at_id_search_signature_idx').on(
      table.tenantId,
      table.createdAt,
      table.id,
      table.searchSignature,
    ),
    // One product in eight, in the order of the random ends of their ids: the first thousand are a sample of all.
    index('products_random_order_idx')
      .on(table.tenantId, randomPlace(table.id), table.id, table.searchSignature)
      .where(sql`${randomPlace(table.id)} < 8192`),
    index('products_tenant_id_updated_at_id_idx').on(table.tenantId, table.updatedAt, table.id),
    index('products_tenant_id_name_key_id_idx').on(table.tenantId, table.nameKey, table.id),
    index('products_tenant_id_price_amount_id_idx').on(table.tenantId, table.priceAmount, table.id),
    index('products_tenant_id_category_created_at_id_idx').on(
      table.tenantId,
      table.category,
      table.createdAt,
      table.id,
    ),
    // Each tenant's words are its own: a search reads its own tenant's entries only.
    index('products_search_vector_idx')
      .using('gin', sql`app.tenant_words(${table.tenantId}, ${table.searchVector})`)
      .with(pendingEntries),
    check('products_price_not_negative', sql`${table.priceAmount} >= 0`),
    check('products_currency_shape', sql`${table.priceCurrency} ~ '^[A-Z]{3}$'`),
    check('products_condition_known', sql`${table.condition} in ('NEW','USED','REFURBISHED')`),
    check('products_status_known', sql`${table.status} in ('DRAFT','ACTIVE','ARCHIVED')`),
  ],
);
