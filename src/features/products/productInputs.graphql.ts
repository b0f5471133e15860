import type { ProductVariant } from '../../db/tables/products.ts';
import { builder } from '../../graphql/builder.ts';
import { userErrorType } from '../../graphql/userErrors.ts';
import { variantTitle } from './import/variantTitle.ts';
import { productErrorCodes } from './productErrors.ts';
import { ProductConditionType, ProductStatusType } from './productParts.graphql.ts';

const ProductImageInput = builder.inputType('ProductImageInput', {
  description: 'A picture of a product.',
  fields: (t) => ({
    url: t.string({ required: true, description: 'Its http or https address.' }),
    alt: t.string({ description: 'What it shows, in words.' }),
  }),
});

const ProductOptionInput = builder.inputType('ProductOptionInput', {
  description: 'Something a customer chooses, such as size.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Such as "Size".' }),
    values: t.stringList({ required: true, description: 'Such as "S", "M" and "L".' }),
  }),
});

const ProductVariantOptionInput = builder.inputType('ProductVariantOptionInput', {
  description: 'What a variant is in one option.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The option, such as "Size".' }),
    value: t.string({ required: true, description: 'Its value, such as "M".' }),
  }),
});

const ProductVariantInput = builder.inputType('ProductVariantInput', {
  description: "One combination of options, with its own price in the product's currency.",
  fields: (t) => ({
    title: t.string({ description: 'Its option values, "M / Blue", when left out.' }),
    sku: t.string({ description: 'Stock-keeping unit.' }),
    options: t.field({
      type: [ProductVariantOptionInput],
      description: 'Its value in each option.',
    }),
    price: t.field({ type: 'Decimal', required: true, description: 'What it costs.' }),
    compareAtPrice: t.field({ type: 'Decimal', description: 'What it cost before a reduction.' }),
    stock: t.int({ description: 'Pieces; null: not counted.' }),
    barcode: t.string({ description: 'EAN, UPC or ISBN.' }),
    imageUrl: t.string({ description: 'Its own picture: an http or https address.' }),
  }),
});

export const ProductUserError = userErrorType('Product', productErrorCodes);

export type Inputs = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** What creating and updating have in common: in an update, what is left out stays as it is. */
export const commonInputs = (t: Inputs) => ({
  description: t.string({ description: 'Plain text, up to 65,535 characters.' }),
  sku: t.string({ description: 'Stock-keeping unit, unique in the business.' }),
  category: t.string({ description: 'Such as "Lamps".' }),
  condition: t.field({ type: ProductConditionType, description: 'NEW when left out.' }),
  location: t.string({ description: 'Where it is kept.' }),
  stock: t.int({ description: 'Pieces that can be sold; null: nobody counts them.' }),
  status: t.field({ type: ProductStatusType, description: 'ACTIVE when left out.' }),
  tags: t.stringList({ description: 'Words to find and group it by, at most 250.' }),
  images: t.field({ type: [ProductImageInput], description: 'Pictures, the main one first.' }),
  options: t.field({
    type: [ProductOptionInput],
    description: 'What a customer chooses, at most three.',
  }),
  variants: t.field({
    type: [ProductVariantInput],
    description: 'Combinations of options, all of them: what is left out of the list goes.',
  }),
  metadata: t.field({ type: 'JSONObject', description: 'Your own data, up to 64 KiB.' }),
  externalReference: t.string({
    description: 'Its id in another system, unique in the business.',
  }),
});

type VariantInput = typeof ProductVariantInput.$inferInput;

/** Variants as they are stored: every field there, options by name. */
export function readVariants<
  Input extends { variants?: readonly VariantInput[] | null | undefined },
>(input: Input) {
  const { variants } = input;
  return { ...input, variants: variants?.map(toVariant) ?? (variants === null ? null : undefined) };
}

function toVariant(input: VariantInput): ProductVariant {
  const options = Object.fromEntries((input.options ?? []).map(({ name, value }) => [name, value]));
  return {
    title: input.title ?? variantTitle(options),
    sku: input.sku ?? null,
    options,
    price: input.price,
    compareAtPrice: input.compareAtPrice ?? null,
    stock: input.stock ?? null,
    barcode: input.barcode ?? null,
    imageUrl: input.imageUrl ?? null,
  };
}
