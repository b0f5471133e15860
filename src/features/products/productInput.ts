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

const label = { min: 1, max: limits.labelLength };
const nameLengths = { min: 1, max: limits.nameLength };
const descriptionLengths = { max: limits.descriptionLength };
const referenceLengths = { min: 1, max: limits.referenceLength };
const altLengths = { max: limits.altLength };

/** Checks every field that is given; throws a Refusal that names them all. `path` leads to the input. */
export function checkProduct(fields: ProductFields, path: readonly string[]): void {
  const findings = new Findings();
  const at = (...names: string[]) => [...path, ...names];
  const { name, description, sku, price, category, location, stock, externalReference } = fields;
  // Most fields are not given, and a path is made of those that are: 1 µs less.
  if (name != null) findings.expectText(name, nameLengths, at('name'));
  if (description != null) findings.expectText(description, descriptionLengths, at('description'));
  if (sku != null) findings.expectText(sku, label, at('sku'));
  if (category != null) findings.expectText(category, label, at('category'));
  if (location != null) findings.expectText(location, label, at('location'));
  if (externalReference != null) {
    findings.expectText(externalReference, referenceLengths, at('externalReference'));
  }
  if (name === null) findings.expect(false, 'INVALID', at('name'), 'A product needs a name.');
  if (price === null) findings.expect(false, 'INVALID', at('price'), 'A product needs a price.');
  if (price != null) expectAmount(findings, price.amount, at('price', 'amount'));
  if (stock != null) expectStock(findings, stock, at('stock'));
  const { tags, images, options, variants, metadata } = fields;
  if (tags != null) {
    expectList(findings, tags, limits.tags, at('tags'), (tag, field) =>
      findings.expectText(tag, label, field),
    );
  }
  if (images != null) {
    expectList(findings, images, limits.images, at('images'), (image, field) => {
      expectUrl(findings, image.url, [...field, 'url']);
      findings.expectText(image.alt, altLengths, [...field, 'alt']);
    });
  }
  if (options != null) {
    expectList(findings, options, limits.options, at('options'), (option, field) => {
      findings.expectText(option.name, label, [...field, 'name']);
      expectList(findings, option.values, limits.variants, [...field, 'values'], (value, each) =>
        findings.expectText(value, label, each),
      );
    });
  }
  if (variants != null) {
    expectList(findings, variants, limits.variants, at('variants'), (variant, field) =>
      expectVariant(findings, variant, field),
    );
  }
  if (metadata != null) findings.expectJson(metadata, limits.metadataLength, at('metadata'));
  findings.settle();
}

function expectVariant(
  findings: Findings,
  variant: ProductVariant,
  field: readonly string[],
): void {
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
  items: readonly Item[],
  most: number,
  field: readonly string[],
  check: (item: Item, field: readonly string[]) => void,
): void {
  findings.expect(items.length <= most, 'TOO_LONG', field, `At most ${most} are possible.`);
  for (const [index, item] of items.slice(0, most).entries()) {
    check(item, [...field, String(index)]);
  }
}

/** Fields → columns; only those that are given. */
export function toColumns(fields: ProductFields): Partial<Omit<NewProduct, 'tenantId' | 'id'>> {
  const { name, description, sku, price, category, condition, location, stock, status } = fields;
  const { tags, images, options, variants, metadata, externalReference } = fields;
  const given: ReturnType<typeof toColumns> = {};
  if (name != null) given.name = name.trim();
  if (description !== undefined) given.description = description ?? '';
  if (sku !== undefined) given.sku = sku;
  if (price != null) {
    given.priceAmount = price.amount;
    given.priceCurrency = price.currencyCode;
  }
  if (category !== undefined) given.category = category;
  if (condition != null) given.condition = condition;
  if (location !== undefined) given.location = location;
  if (stock !== undefined) given.stock = stock;
  if (status != null) given.status = status;
  if (tags !== undefined) given.tags = [...(tags ?? [])];
  if (images !== undefined) given.images = (images ?? []).map(toImage);
  if (options !== undefined) given.options = [...(options ?? [])];
  if (variants !== undefined) given.variants = [...(variants ?? [])];
  if (metadata !== undefined) given.metadata = metadata ?? {};
  if (externalReference !== undefined) given.externalReference = externalReference;
  return given;
}

const toImage = ({ url, alt }: { url: string; alt?: string | null | undefined }): ProductImage => ({
  url,
  alt: alt ?? null,
});
