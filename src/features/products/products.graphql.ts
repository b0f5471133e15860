import { builder, idExample } from '../../graphql/builder.ts';
import {
  DateTimeComparator,
  DecimalComparator,
  enumComparator,
  IntComparator,
  SortDirection,
  StringComparator,
  TextListComparator,
} from '../../graphql/comparators.ts';
import { defineConnection } from '../../graphql/connections.ts';
import { computed, lookAhead } from '../../graphql/lookAhead.ts';
import { MoneyType } from '../../graphql/money.ts';
import { readId } from '../../lib/ids.ts';
import type { Facets } from './productFacets.ts';
import { listProducts, type ProductList } from './productList.ts';
import {
  ProductConditionType,
  ProductImageType,
  ProductOptionType,
  ProductStatusType,
  ProductVariantType,
} from './productParts.graphql.ts';
import { loadProduct, loadProductByReference, loadProductBySku } from './products.loaders.ts';
import type { Product } from './products.queries.ts';

export const ProductType = builder.node(builder.objectRef<Product>('Product'), {
  access: 'products:read',
  description: 'Something the business sells.',
  id: { resolve: (product) => product.id, description: `\`${idExample('Product')}\`` },
  loadWithoutCache: (id, context) => loadProduct(context, id, null),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { description: 'Plain text; may be empty.' }),
    sku: t.exposeString('sku', {
      nullable: true,
      description: 'Stock-keeping unit, unique in the business.',
    }),
    price: t.field({
      type: MoneyType,
      description: 'What it costs; the lowest price of its variants where it has some.',
      extensions: computed('priceAmount', 'priceCurrency'),
      resolve: ({ priceAmount, priceCurrency }) => ({
        amount: priceAmount,
        currencyCode: priceCurrency,
      }),
    }),
    category: t.exposeString('category', { nullable: true, description: 'Such as "Lamps".' }),
    condition: t.expose('condition', {
      type: ProductConditionType,
      description: 'New, used or refurbished.',
    }),
    location: t.exposeString('location', { nullable: true, description: 'Where it is kept.' }),
    stock: t.exposeInt('stock', {
      nullable: true,
      description: 'Pieces that can be sold, over all variants; null: nobody counts them.',
    }),
    status: t.expose('status', {
      type: ProductStatusType,
      description: 'Draft, active or archived.',
    }),
    tags: t.exposeStringList('tags', { description: 'Words to find and group it by.' }),
    images: t.expose('images', {
      type: [ProductImageType],
      description: 'Pictures, the main one first.',
    }),
    options: t.expose('options', {
      type: [ProductOptionType],
      description: 'What a customer chooses; empty where there is nothing to choose.',
    }),
    variants: t.field({
      type: [ProductVariantType],
      description: 'The combinations that are for sale; empty where there are no options.',
      extensions: computed('variants', 'priceCurrency'),
      resolve: ({ variants, priceCurrency }) =>
        variants.map((variant) => ({ ...variant, currency: priceCurrency })),
    }),
    metadata: t.expose('metadata', {
      type: 'JSONObject',
      description: "An integrator's own data; up to 64 KiB.",
    }),
    externalReference: t.exposeString('externalReference', {
      nullable: true,
      description: 'Its id in another system, unique in the business.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

const FacetValueType = builder.objectRef<Facets['categories'][number]>('FacetValue').implement({
  description: 'A value and how many have it.',
  fields: (t) => ({
    value: t.exposeString('value', { description: 'The value, to filter by.' }),
    count: t.exposeInt('count', {
      description: 'How many products of the list have it; see `complete`.',
    }),
  }),
});

const ProductFacetsType = builder.objectRef<Facets>('ProductFacets').implement({
  description: 'What there is in a list of products, the 50 commonest values of each kind.',
  fields: (t) => ({
    complete: t.exposeBoolean('complete', {
      description:
        'true: the whole list was counted. false: the business has more than 1,000 products, and those of the list among its newest 1,000 were counted; the whole list has as many or more of each value.',
    }),
    categories: t.expose('categories', { type: [FacetValueType], description: 'By category.' }),
    conditions: t.expose('conditions', { type: [FacetValueType], description: 'By condition.' }),
    statuses: t.expose('statuses', { type: [FacetValueType], description: 'By status.' }),
    tags: t.expose('tags', { type: [FacetValueType], description: 'By tag.' }),
  }),
});

const CountPrecisionType = builder.enumType('CountPrecision', {
  description: 'What a count says.',
  values: {
    EXACT: { description: 'There are exactly as many.' },
    AT_LEAST: { description: 'There are as many or more.' },
  } as const,
});

const ProductConnection = defineConnection<Product, ProductList>('Product', ProductType, (t) => ({
  totalCountPrecision: t.field({
    type: CountPrecisionType,
    nullable: true,
    description:
      'EXACT, but for a `search` that more than about 1,000 products fit (of words that each some thousands have, about 500) in a business that has more than 1,000: then `totalCount` says how many of its newest 1,000 products fit, and this AT_LEAST.',
    resolve: async (list) => ((await list.count()).atLeast ? 'AT_LEAST' : 'EXACT'),
  }),
  facets: t.field({
    type: ProductFacetsType,
    nullable: true,
    cost: { complexity: 50 },
    description:
      'How many products of the list, filter and search included, have which values; costs a statement. See `complete` for what is counted of long lists.',
    resolve: (list) => list.facets(),
  }),
}));

const ProductFilterInput = builder.inputType('ProductFilter', {
  description: 'Which products; every condition must hold.',
  fields: (t) => ({
    status: t.field({
      type: enumComparator('ProductStatus', ProductStatusType),
      description: 'By status.',
    }),
    condition: t.field({
      type: enumComparator('ProductCondition', ProductConditionType),
      description: 'By condition.',
    }),
    category: t.field({ type: StringComparator, description: 'By category.' }),
    location: t.field({ type: StringComparator, description: 'By location.' }),
    name: t.field({ type: StringComparator, description: 'By name; `search` forgives typos.' }),
    sku: t.field({ type: StringComparator, description: 'By SKU.' }),
    externalReference: t.field({ type: StringComparator, description: 'By external reference.' }),
    currency: t.field({ type: StringComparator, description: 'By currency.' }),
    price: t.field({ type: DecimalComparator, description: 'By price, whatever the currency.' }),
    stock: t.field({ type: IntComparator, description: 'By stock.' }),
    tags: t.field({ type: TextListComparator, description: 'By tags.' }),
    createdAt: t.field({ type: DateTimeComparator, description: 'By when it was added.' }),
    updatedAt: t.field({ type: DateTimeComparator, description: 'By when it last changed.' }),
  }),
});

const ProductSortKey = builder.enumType('ProductSortKey', {
  description: 'What to sort products by. Equal ones keep the order of their ids.',
  values: {
    CREATED_AT: { description: 'When it was added.' },
    UPDATED_AT: { description: 'When it last changed.' },
    NAME: { description: 'By name; case and accents do not matter.' },
    PRICE: { description: 'By amount, whatever the currency.' },
    RELEVANCE: {
      description:
        'How well it fits `search`; only together with it. When more than about 1,000 products fit (see `totalCountPrecision`): as CREATED_AT.',
    },
  } as const,
});

const ProductOrderInput = builder.inputType('ProductOrder', {
  description: 'How to sort products.',
  fields: (t) => ({
    key: t.field({ type: ProductSortKey, required: true, description: 'By what.' }),
    direction: t.field({
      type: SortDirection,
      defaultValue: 'DESC',
      required: true,
      description: 'Which end first.',
    }),
  }),
});

builder.queryField('products', (t) =>
  t.field({
    type: ProductConnection,
    nullable: true,
    access: 'products:read',
    description:
      'The catalogue: the newest first, or the best match first when searched. Of a search that more than about 1,000 products fit (see `totalCountPrecision`), the newest come first.',
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: ProductFilterInput, description: 'Which products.' }),
      search: t.arg.string({
        extensions: { cost: 50 },
        description:
          'Words or beginnings of words, which all must occur, or a SKU; up to 200 characters. Case and accents do not matter. A word that occurs nowhere is taken for a typo of one that products are named by.',
      }),
      orderBy: t.arg({ type: ProductOrderInput, description: 'How to sort them.' }),
    },
    resolve: (_parent, args, { tx }, info) => listProducts(tx, args, lookAhead(info)),
  }),
);

builder.queryField('product', (t) =>
  t.field({
    type: ProductType,
    nullable: true,
    access: 'products:read',
    description: 'One product by its id; null when there is none that you can see.',
    // Read here: what Pothos does around a globalID is 4 % of such a request.
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_parent, { id }, context, info) =>
      loadProduct(context, readId(String(id), 'Product'), lookAhead(info).columns),
  }),
);

const ProductReferenceInput = builder.inputType('ProductReference', {
  isOneOf: true,
  description: 'One product, named in one of these ways.',
  fields: (t) => ({
    id: t.globalID({ for: ProductType, description: 'Its id.' }),
    sku: t.string({ description: 'Its SKU.' }),
    externalReference: t.string({ description: 'Its id in another system.' }),
  }),
});

builder.queryField('productBy', (t) =>
  t.field({
    type: ProductType,
    nullable: true,
    access: 'products:read',
    description: 'One product by id, SKU or external reference; null when there is none.',
    args: {
      reference: t.arg({ type: ProductReferenceInput, required: true, description: 'Which one.' }),
    },
    resolve: (_parent, { reference: { id, sku, externalReference } }, context, info) => {
      if (id) return loadProduct(context, id.id, lookAhead(info).columns);
      return sku
        ? loadProductBySku(context, sku)
        : loadProductByReference(context, externalReference ?? '');
    },
  }),
);
