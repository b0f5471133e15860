import { builder } from '../../graphql/builder.ts';
import { computed } from '../../graphql/lookAhead.ts';
import { MoneyType } from '../../graphql/money.ts';
import type { ProductImage, ProductOption, ProductVariant } from './products.queries.ts';

export const ProductStatusType = builder.enumType('ProductStatus', {
  description: 'Where a product is in its life.',
  values: {
    DRAFT: { description: 'Being prepared; the assistant does not offer it.' },
    ACTIVE: { description: 'For sale.' },
    ARCHIVED: { description: 'No longer for sale; kept, because conversations speak of it.' },
  } as const,
});

export const ProductConditionType = builder.enumType('ProductCondition', {
  description: 'Whether a product was used before.',
  values: {
    NEW: { description: 'Never used.' },
    USED: { description: 'Used before, sold as it is.' },
    REFURBISHED: { description: 'Used before and put in order again.' },
  } as const,
});

export const ProductImageType = builder.objectRef<ProductImage>('ProductImage').implement({
  description: 'A picture of a product.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'Its http or https address.' }),
    alt: t.exposeString('alt', { nullable: true, description: 'What it shows, in words.' }),
  }),
});

export const ProductOptionType = builder.objectRef<ProductOption>('ProductOption').implement({
  description: 'Something a customer chooses, such as size.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Such as "Size".' }),
    values: t.exposeStringList('values', { description: 'Such as "S", "M" and "L".' }),
  }),
});

export const ProductVariantType = builder
  .objectRef<ProductVariant & { currency: string }>('ProductVariant')
  .implement({
    description: 'One combination of options, with its own price and stock.',
    fields: (t) => ({
      title: t.exposeString('title', { description: 'Its option values, such as "M / Blue".' }),
      sku: t.exposeString('sku', { nullable: true, description: 'Stock-keeping unit.' }),
      options: t.expose('options', {
        type: 'JSONObject',
        description: 'Option name → the value of this variant.',
      }),
      price: t.field({
        type: MoneyType,
        description: 'What it costs.',
        extensions: computed('price', 'currency'),
        resolve: ({ price, currency }) => ({ amount: price, currencyCode: currency }),
      }),
      compareAtPrice: t.field({
        type: MoneyType,
        nullable: true,
        description: 'What it cost before a reduction.',
        extensions: computed('compareAtPrice', 'currency'),
        resolve: ({ compareAtPrice, currency }) =>
          compareAtPrice === null ? null : { amount: compareAtPrice, currencyCode: currency },
      }),
      stock: t.exposeInt('stock', { nullable: true, description: 'Pieces; null: not counted.' }),
      barcode: t.exposeString('barcode', { nullable: true, description: 'EAN, UPC or ISBN.' }),
      imageUrl: t.exposeString('imageUrl', { nullable: true, description: 'Its own picture.' }),
    }),
  });
