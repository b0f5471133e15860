import { z } from 'zod';
import { parseAmount } from './amount.ts';
import { importLimits } from './limits.ts';
import { webAddressProblem } from './webAddress.ts';

const label = z.string().trim().max(importLimits.labelLength);
const blankIsNull = label.transform((text) => text || null).nullable();

const amount = z.string().transform((text, context) => {
  const parsed = parseAmount(text.trim());
  if ('value' in parsed) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.message, params: { code: parsed.code } });
  return z.NEVER;
});

/** ISO 4217 as the runtime's ICU knows it, so that no list of our own grows old. */
const currencies = new Set(Intl.supportedValuesOf('currency'));
const currency = z.string().superRefine((code, context) => {
  if (currencies.has(code)) return;
  const message = 'The currency is not a code of ISO 4217, such as EUR.';
  context.addIssue({ code: 'custom', message, params: { code: 'INVALID_CURRENCY' } });
});

/** `"19.90"` is short for `{"amount": "19.90"}`. */
const price = z.preprocess(
  (value) => (typeof value === 'string' ? { amount: value } : value),
  z.strictObject({ amount, currencyCode: currency.optional() }),
);

const url = z.string().superRefine((text, context) => {
  const problem = webAddressProblem(text);
  if (problem !== undefined) {
    const { code, message } = problem;
    context.addIssue({ code: 'custom', message, params: { code } });
  }
});

/** `null` empties a field, as in the GraphQL input. */
function list<Item extends z.ZodType>(item: Item, most: number) {
  const items = z.array(item).max(most).nullable();
  return items.transform((found) => found ?? []).optional();
}

const stock = z.number().int().min(0).max(importLimits.stock);

const alt = z.string().trim().max(importLimits.altLength).nullish();

const variant = z.strictObject({
  sku: blankIsNull.optional(),
  title: label.min(1).optional(),
  options: z.record(label.min(1), label.min(1)).optional(),
  price: amountOnly().optional(),
  compareAtPrice: amount.nullable().optional(),
  stock: stock.nullable().optional(),
  barcode: blankIsNull.optional(),
  imageUrl: url.nullable().optional(),
});

/** A variant is sold in its product's currency, so its price is the amount alone. */
function amountOnly() {
  return amount.transform((text) => ({ amount: text }));
}

export const jsonProductSchema = z.strictObject({
  externalReference: z.string().trim().min(1).max(importLimits.referenceLength).nullish(),
  name: z.string().trim().min(1).max(importLimits.nameLength),
  description: z.string().max(importLimits.descriptionLength).nullable().optional(),
  price: price.optional(),
  sku: blankIsNull.optional(),
  category: blankIsNull.optional(),
  condition: z.enum(['NEW', 'USED', 'REFURBISHED']).nullish(),
  location: blankIsNull.optional(),
  stock: stock.nullish(),
  status: z.enum(['DRAFT', 'ACTIVE', 'ARCHIVED']).nullish(),
  tags: list(label.min(1), importLimits.tags),
  metadata: z
    .record(z.string(), z.unknown())
    .refine((data) => JSON.stringify(data).length <= importLimits.metadataLength, {
      params: { code: 'TOO_LONG' },
      message: `The metadata has more than ${importLimits.metadataLength} characters.`,
    })
    .nullish(),
  images: list(z.strictObject({ url, alt }), importLimits.images),
  options: list(
    z.strictObject({ name: label.min(1), values: z.array(label.min(1)).min(1) }),
    importLimits.options,
  ),
  variants: list(variant, importLimits.variants),
});

export type JsonProduct = z.output<typeof jsonProductSchema>;

/** The field names that an object at this place may have, for the nearest one to a wrong one. */
export const jsonFieldNames: Readonly<
  Record<'product' | 'price' | 'images' | 'options' | 'variants', readonly string[]>
> = {
  product: Object.keys(jsonProductSchema.shape),
  price: ['amount', 'currencyCode'],
  images: ['url', 'alt'],
  options: ['name', 'values'],
  variants: Object.keys(variant.shape),
};
