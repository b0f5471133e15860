import type {
  ProductCondition,
  ProductImage,
  ProductOption,
  ProductStatus,
  ProductVariant,
} from '../../db/tables/products.ts';
import { Findings } from '../../lib/validation.ts';
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
  findings.expectText(fields.name, { min: 1, max: 255 }, at('name'));
  findings.expectText(fields.description, { max: 65_535 }, at('description'));
  for (const name of ['sku', 'category', 'location', 'externalReference'] as const) {
    findings.expectText(fields[name], { min: 1, max: 255 }, at(name));
  }
  findings.expect(fields.name !== null, 'INVALID', at('name'), 'A product needs a name.');
  findings.expect(fields.price !== null, 'INVALID', at('price'), 'A product needs a price.');
  expectAmount(findings, fields.price?.amount, at('price', 'amount'));
  expectList(findings, fields.tags, 250, at('tags'), (tag, field) =>
    findings.expectText(tag, { min: 1, max: 255 }, field),
  );
  expectList(findings, fields.images, 250, at('images'), (image, field) => {
    findings.expectUrl(image.url, [...field, 'url']);
    findings.expectText(image.alt, { max: 512 }, [...field, 'alt']);
  });
  expectList(findings, fields.options, 3, at('options'), (option, field) => {
    findings.expectText(option.name, { min: 1, max: 255 }, [...field, 'name']);
    expectList(findings, option.values, 2048, [...field, 'values'], (value, each) =>
      findings.expectText(value, { min: 1, max: 255 }, each),
    );
  });
  expectList(findings, fields.variants, 2048, at('variants'), (variant, field) => {
    findings.expectText(variant.title, { min: 1, max: 255 }, [...field, 'title']);
    findings.expectText(variant.sku, { min: 1, max: 255 }, [...field, 'sku']);
    findings.expectText(variant.barcode, { max: 255 }, [...field, 'barcode']);
    findings.expectUrl(variant.imageUrl, [...field, 'imageUrl']);
    findings.expectJson(variant.options, 4096, [...field, 'options']);
    expectAmount(findings, variant.price, [...field, 'price']);
    expectAmount(findings, variant.compareAtPrice, [...field, 'compareAtPrice']);
  });
  findings.expectJson(fields.metadata, 65_536, at('metadata'));
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
  return Object.fromEntries(
    Object.entries(columns).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof toColumns>;
}

function emptied<Item>(items: readonly Item[] | null | undefined): Item[] | undefined {
  if (items === undefined) return undefined;
  return items === null ? [] : [...items];
}
