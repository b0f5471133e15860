import type {
  ProductCondition,
  ProductImage,
  ProductOption,
  ProductStatus,
  ProductVariant,
} from '../../db/tables/products.ts';
import { Findings } from '../../lib/validation.ts';
import { importLimits as limits } from './import/limits.ts';
import { webAddressProblem } from './import/webAddress.ts';
import type { NewProduct } from './products.queries.ts';

/** What can be said of a product. In an update, `undefined` leaves a field alone and `null` empties it. */
export interface ProductFields {
  name?: string | null | undefined;
  description?: string | null | undefined;
  sku?: string | null | undefined;
  price?: { amount: string; currencyCode: string } | null | undefined;
  category?: string | null | undefined;
  condition?: ProductCondition | null | undefined;
  location?: string | null | undefined;
  stock?: number | null | undefined;
  status?: ProductStatus | null | undefined;
  tags?: readonly string[] | null | undefined;
  images?: readonly { url: string; alt?: string | null | undefined }[] | null | undefined;
  options?: readonly ProductOption[] | null | undefined;
  variants?: readonly ProductVariant[] | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  externalReference?: string | null | undefined;
}

/** Checks every field that is given; throws a Refusal that names them all. `path` leads to the input. */
export function checkProduct(fields: ProductFields, path: readonly string[]): void {
  const findings = new Findings();
  const at = (...names: string[]) => [...path, ...names];
  const label = { min: 1, max: limits.labelLength };
  findings.expectText(fields.name, { min: 1, max: limits.nameLength }, at('name'));
  findings.expectText(fields.description, { max: limits.descriptionLength }, at('description'));
  for (const name of ['sku', 'category', 'location'] as const) {
    findings.expectText(fields[name], label, at(name));
  }
  const reference = { min: 1, max: limits.referenceLength };
  findings.expectText(fields.externalReference, reference, at('externalReference'));
  findings.expect(fields.name !== null, 'INVALID', at('name'), 'A product needs a name.');
  findings.expect(fields.price !== null, 'INVALID', at('price'), 'A product needs a price.');
  expectAmount(findings, fields.price?.amount, at('price', 'amount'));
  expectStock(findings, fields.stock, at('stock'));
  expectList(findings, fields.tags, limits.tags, at('tags'), (tag, field) =>
    findings.expectText(tag, label, field),
  );
  expectList(findings, fields.images, limits.images, at('images'), (image, field) => {
    expectUrl(findings, image.url, [...field, 'url']);
    findings.expectText(image.alt, { max: limits.altLength }, [...field, 'alt']);
  });
  expectList(findings, fields.options, limits.options, at('options'), (option, field) => {
    findings.expectText(option.name, label, [...field, 'name']);
    expectList(findings, option.values, limits.variants, [...field, 'values'], (value, each) =>
      findings.expectText(value, label, each),
    );
  });
  expectList(findings, fields.variants, limits.variants, at('variants'), (variant, field) => {
    findings.expectText(variant.title, label, [...field, 'title']);
    findings.expectText(variant.sku, label, [...field, 'sku']);
    findings.expectText(variant.barcode, { max: limits.labelLength }, [...field, 'barcode']);
    expectUrl(findings, variant.imageUrl, [...field, 'imageUrl']);
    const options = Object.entries(variant.options).flat();
    expectList(findings, options, 2 * limits.options, [...field, 'options'], (text) =>
      findings.expectText(text, label, [...field, 'options']),
    );
    expectAmount(findings, variant.price, [...field, 'price']);
    expectAmount(findings, variant.compareAtPrice, [...field, 'compareAtPrice']);
    expectStock(findings, variant.stock, [...field, 'stock']);
  });
  findings.expectJson(fields.metadata, limits.metadataLength, at('metadata'));
  findings.settle();
}

function expectAmount(
  findings: Findings,
  amount: string | null | undefined,
  field: readonly string[],
): void {
  const negative = amount?.startsWith('-') ?? false;
  findings.expect(!negative, 'INVALID', field, 'A price is not negative.');
}

function expectStock(
  findings: Findings,
  stock: number | null | undefined,
  field: readonly string[],
): void {
  const fine = stock === null || stock === undefined || stock >= 0;
  findings.expect(fine, 'INVALID', field, 'A stock is not negative; null says that nobody counts.');
}

/** By the rule that a file's addresses keep, so that what one way takes in the other does too. */
function expectUrl(
  findings: Findings,
  url: string | null | undefined,
  field: readonly string[],
): void {
  const problem = url === null || url === undefined ? undefined : webAddressProblem(url);
  if (problem === undefined) return;
  const code = problem.code === 'TOO_LONG' ? 'TOO_LONG' : 'INVALID';
  findings.expect(false, code, field, problem.message);
}

function expectList<Item>(
  findings: Findings,
  items: readonly Item[] | null | undefined,
  most: number,
  field: readonly string[],
  check: (item: Item, field: readonly string[]) => void,
): void {
  if (items === null || items === undefined) return;
  findings.expect(items.length <= most, 'TOO_LONG', field, `At most ${most} are possible.`);
  for (const [index, item] of items.slice(0, most).entries()) {
    check(item, [...field, String(index)]);
  }
}

/** Fields → columns; only those that are given. */
export function toColumns(fields: ProductFields): Partial<Omit<NewProduct, 'tenantId' | 'id'>> {
  const columns = {
    name: fields.name?.trim(),
    description: fields.description === null ? '' : fields.description,
    sku: fields.sku,
    priceAmount: fields.price?.amount,
    priceCurrency: fields.price?.currencyCode,
    category: fields.category,
    condition: fields.condition ?? undefined,
    location: fields.location,
    stock: fields.stock,
    status: fields.status ?? undefined,
    tags: emptied(fields.tags),
    images: emptied(fields.images)?.map(
      ({ url, alt }): ProductImage => ({ url, alt: alt ?? null }),
    ),
    options: emptied(fields.options),
    variants: emptied(fields.variants),
    metadata: fields.metadata === null ? {} : fields.metadata,
    externalReference: fields.externalReference,
  };
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
    const value = columns[name];
    if (value !== undefined) given[name] = value;
  }
  return given as ReturnType<typeof toColumns>;
}

function emptied<Item>(items: readonly Item[] | null | undefined): Item[] | undefined {
  if (items === undefined) return undefined;
  return items === null ? [] : [...items];
}
