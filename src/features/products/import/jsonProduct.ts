import { lowestAmount } from './amount.ts';
import type { OptionDraft, ProductDraft, RowProblem, VariantDraft } from './draft.ts';
import type { FirstLines } from './firstLines.ts';
import { problemsOf } from './jsonProblems.ts';
import { type JsonProduct, jsonProductSchema } from './jsonSchema.ts';
import { importLimits } from './limits.ts';
import { shown } from './problem.ts';
import { variantTitle } from './variantTitle.ts';

/** What the lines before have used up. */
interface Taken {
  references: FirstLines;
  skus: FirstLines;
}

/** Checks one line's object; gives its draft, or everything that is wrong with it. */
export function readJsonProduct(
  object: Record<string, unknown>,
  line: number,
  options: { defaultCurrency?: string | undefined },
  taken: Taken,
): { draft?: ProductDraft; problems: RowProblem[] } {
  const parsed = jsonProductSchema.safeParse(object);
  const reference = referenceOf(object);
  const at = { row: line, externalReference: reference };
  if (!parsed.success) {
    if (reference !== null) taken.references.add(reference, line);
    return { problems: problemsOf(parsed.error, object).map((found) => ({ ...at, ...found })) };
  }
  const draft = draftOf(parsed.data, options.defaultCurrency);
  const problems = checkDraft(draft, parsed.data, taken).map((found) => ({ ...at, ...found }));
  if (draft.externalReference !== '') taken.references.add(draft.externalReference, line);
  if (problems.length > 0) return { problems };
  for (const { sku } of skusOf(draft)) taken.skus.add(sku, line);
  return { draft, problems };
}

function referenceOf({ externalReference, sku }: Record<string, unknown>): string | null {
  const text = typeof externalReference === 'string' ? externalReference : sku;
  return typeof text === 'string' && text.trim() !== ''
    ? text.trim().slice(0, importLimits.referenceLength)
    : null;
}

/** Price, stock and SKU that the line leaves out are summed up from its variants, as in a CSV. */
function draftOf(product: JsonProduct, defaultCurrency: string | undefined): ProductDraft {
  const { price, variants, externalReference, stock, sku, ...rest } = product;
  const drafts = variants?.map((variant): VariantDraft => {
    const { price: own, ...fields } = variant;
    return {
      sku: fields.sku ?? null,
      title: fields.title ?? variantTitle(fields.options ?? {}),
      options: fields.options ?? {},
      price: own?.amount ?? price?.amount ?? '',
      compareAtPrice: fields.compareAtPrice ?? null,
      stock: fields.stock ?? null,
      barcode: fields.barcode ?? null,
      imageUrl: fields.imageUrl ?? null,
    };
  });
  const counted = drafts?.flatMap((variant) => variant.stock ?? []) ?? [];
  const total = counted.reduce((sum, pieces) => sum + pieces, 0);
  const ownSku = sku === undefined && drafts?.[0] !== undefined ? drafts[0].sku : sku;
  const currency = price?.currencyCode ?? defaultCurrency;
  return definedOnly<ProductDraft>({
    ...rest,
    externalReference: externalReference ?? ownSku ?? '',
    description: rest.description === null ? '' : rest.description,
    condition: rest.condition ?? undefined,
    status: rest.status ?? undefined,
    metadata: rest.metadata === null ? {} : rest.metadata,
    images: rest.images?.map(({ url, alt }) => ({ url, alt: alt ?? null })),
    options: rest.options ?? (drafts === undefined ? undefined : optionsOf(drafts)),
    price: price?.amount ?? lowestAmount((drafts ?? []).map((variant) => variant.price)) ?? '',
    currency,
    stock: stock === undefined && counted.length > 0 ? total : stock,
    sku: ownSku,
    variants: drafts,
  });
}

/** Leaves out what is `undefined`: absent means "leave it alone" to who writes the draft. */
function definedOnly<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function optionsOf(variants: readonly VariantDraft[]): OptionDraft[] {
  const options = new Map<string, Set<string>>();
  for (const [name, value] of variants.flatMap((variant) => Object.entries(variant.options))) {
    const values = options.get(name) ?? new Set();
    options.set(name, values.add(value));
  }
  return [...options].map(([name, values]) => ({ name, values: [...values] }));
}

type Found = Pick<RowProblem, 'column' | 'code' | 'message'>;

function checkDraft(draft: ProductDraft, product: JsonProduct, taken: Taken): Found[] {
  const found: Found[] = [];
  const reference = draft.externalReference;
  const earlier = reference === '' ? undefined : taken.references.lineOf(reference);
  if (reference === '') {
    const message = 'A product needs an externalReference or a sku, so that it is found again.';
    found.push({ column: 'externalReference', code: 'MISSING_REFERENCE', message });
  } else if (earlier !== undefined) {
    const message = `Line ${earlier} has the reference ${shown(reference)} already.`;
    found.push({ column: 'externalReference', code: 'REPEATED_REFERENCE', message });
  }
  const priced = (product.variants ?? []).filter((variant) => variant.price !== undefined).length;
  if (product.price === undefined && (priced === 0 || priced < (product.variants?.length ?? 0))) {
    const message = 'A product needs a price, such as {"amount": "19.90", "currencyCode": "EUR"}.';
    found.push({ column: 'price', code: 'MISSING_PRICE', message });
  }
  if ((draft.stock ?? 0) > importLimits.stock) {
    const message = `The variants add up to more than ${importLimits.stock} pieces.`;
    found.push({ column: 'stock', code: 'NUMBER_TOO_LARGE', message });
  }
  return [...found, ...checkVariants(draft, taken)];
}

function checkVariants(draft: ProductDraft, taken: Taken): Found[] {
  const found: Found[] = [];
  const seen = new Set<string>();
  for (const { sku, column } of skusOf(draft)) {
    const line = taken.skus.lineOf(sku);
    if (line !== undefined) {
      const message = `Line ${line} has the SKU ${shown(sku)} already.`;
      found.push({ column, code: 'DUPLICATE_SKU', message });
    } else if (seen.has(sku)) {
      const message = `The SKU ${shown(sku)} stands twice in this product.`;
      found.push({ column, code: 'DUPLICATE_SKU', message });
    }
    seen.add(sku);
  }
  const names = draft.options?.map(({ name }) => name) ?? [];
  if (names.length > importLimits.options) {
    const message = `At most ${importLimits.options} options are possible.`;
    found.push({ column: 'options', code: 'TOO_MANY', message });
  }
  if (new Set(names).size < names.length) {
    found.push({
      column: 'options',
      code: 'DUPLICATE_OPTION',
      message: 'Two options have the same name.',
    });
  }
  const combinations = new Map<string, number>();
  for (const [at, { options }] of (draft.variants ?? []).entries()) {
    const column = `variants[${at}].options`;
    const missing = names.find((name) => !Object.hasOwn(options, name));
    const unknown = Object.keys(options).find((name) => !names.includes(name));
    if (missing !== undefined) {
      const message = `Every variant needs a value for the option ${shown(missing)}.`;
      found.push({ column, code: 'MISSING_OPTION_VALUE', message });
    }
    if (unknown !== undefined) {
      const message = `The product's options don't name ${shown(unknown)}.`;
      found.push({ column, code: 'MISSING_OPTION_NAME', message });
    }
    const key = JSON.stringify(names.map((name) => options[name] ?? null));
    const other = combinations.get(key);
    if (other !== undefined) {
      const message = `variants[${other}] has the same options.`;
      found.push({ column, code: 'DUPLICATE_VARIANT', message });
    }
    combinations.set(key, other ?? at);
  }
  return found;
}

/** The variants' SKUs, or the product's own where it has no variants. */
function skusOf(draft: ProductDraft): { sku: string; column: string }[] {
  if (draft.variants === undefined || draft.variants.length === 0) {
    return typeof draft.sku === 'string' ? [{ sku: draft.sku, column: 'sku' }] : [];
  }
  return draft.variants.flatMap(({ sku }, at) =>
    sku === null ? [] : [{ sku, column: `variants[${at}].sku` }],
  );
}
