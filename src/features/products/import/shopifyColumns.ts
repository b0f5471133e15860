import type { ImportItem } from './draft.ts';
import { fileProblem, shown } from './problem.ts';

/**
 * Shopify's header names: those of exports until 2024 first, then those of today's template. Both
 * are accepted by Shopify's own importer, and no official table relates them to each other.
 * Source: help.shopify.com/en/manual/products/import-export/using-csv and its sample file.
 */
const headerNames = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  body: ['Body (HTML)', 'Description', 'Body HTML'],
  type: ['Type', 'Product type', 'Custom product type'],
  productCategory: ['Product category', 'Standardized product type', 'Standard product type'],
  tags: ['Tags'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  condition: ['Google Shopping / Condition'],
  option1Name: ['Option1 Name'],
  option1Value: ['Option1 Value'],
  option2Name: ['Option2 Name'],
  option2Value: ['Option2 Value'],
  option3Name: ['Option3 Name'],
  option3Value: ['Option3 Value'],
  sku: ['Variant SKU', 'SKU'],
  price: ['Variant Price', 'Price'],
  compareAtPrice: ['Variant Compare At Price', 'Compare-at price', 'Compare at price'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity', 'Variant Inventory Quantity'],
  tracker: ['Variant Inventory Tracker', 'Inventory tracker'],
  policy: ['Variant Inventory Policy', 'Continue selling when out of stock'],
  barcode: ['Variant Barcode', 'Barcode', 'Barcodes', 'Variant Barcodes'],
  variantImage: ['Variant Image', 'Variant image URL'],
  image: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  vendor: ['Vendor'],
  giftCard: ['Gift Card'],
  seoTitle: ['SEO Title'],
  seoDescription: ['SEO Description'],
} as const;

export type ShopifyField = keyof typeof headerNames;

const required: readonly ShopifyField[] = ['handle', 'title', 'price'];

const fieldOfHeader = new Map<string, ShopifyField>(
  Object.entries(headerNames).flatMap(([field, names]) =>
    names.map((name): [string, ShopifyField] => [normal(name), field as ShopifyField]),
  ),
);

/** Where a file keeps what. */
export interface ShopifyColumns {
  index: ReadonlyMap<ShopifyField, number>;
  /** Columns that go into `metadata` as they are: metafields and Google Shopping's. */
  extra: readonly { group: 'metafields' | 'googleShopping'; key: string; index: number }[];
  /** As the file spells them, for messages. */
  names: readonly string[];
}

/**
 * Finds the columns of a header line, in any order, whatever the case and the spaces. Columns that
 * nobody here knows are left out: weight, tax, shipping and market prices say nothing a
 * conversation needs, and `Cost per item` is a merchant's secret that must not get near an answer.
 */
export function readShopifyHeader(
  names: readonly string[],
  line: number,
): { columns: ShopifyColumns } | { problem: ImportItem } {
  const index = new Map<ShopifyField, number>();
  const extra: { group: 'metafields' | 'googleShopping'; key: string; index: number }[] = [];
  for (const [at, name] of names.entries()) {
    const field = fieldOfHeader.get(normal(name));
    const other = field === undefined ? undefined : index.get(field);
    if (other !== undefined) {
      const message = `The columns ${shown(names[other] ?? '')} and ${shown(name)} mean the same; remove one.`;
      return { problem: fileProblem('DUPLICATE_COLUMN', message, line) };
    }
    if (field !== undefined) index.set(field, at);
    else extra.push(...extraColumn(name, at));
  }
  const missing = required.filter((field) => !index.has(field));
  if (missing.length === 0) return { columns: { index, extra, names } };
  return { problem: fileProblem('MISSING_COLUMNS', missingMessage(missing, names), line) };
}

function extraColumn(name: string, index: number): ShopifyColumns['extra'] {
  const metafield = /\(product\.metafields\.([\w-]+\.[\w-]+)\)\s*$/.exec(name)?.[1];
  if (metafield !== undefined) return [{ group: 'metafields', key: metafield, index }];
  const google = /^\s*google shopping\s*\/\s*(.+?)\s*$/i.exec(name)?.[1];
  if (google !== undefined) return [{ group: 'googleShopping', key: google, index }];
  return [];
}

function missingMessage(missing: readonly ShopifyField[], names: readonly string[]): string {
  const wanted = missing.map((field) => headerNames[field].map(shown).join(' or ')).join(', ');
  const found = names.slice(0, 60).map(shown).join(', ');
  const only = names.length === 1 ? (names[0] ?? '') : '';
  const separator = only.includes(';') ? 'semicolons' : only.includes('\t') ? 'tabs' : undefined;
  const hint =
    separator === undefined
      ? "The first line must be the header of Shopify's product CSV."
      : `The columns are separated by ${separator}; save the file with commas.`;
  return `The file has no column ${wanted}. ${hint} Columns found: ${found}.`;
}

/** Whether a first line looks like the header of a product CSV. */
export function looksLikeShopifyHeader(line: string): boolean {
  const fields = line.split(',').map((name) => fieldOfHeader.get(normal(name.replaceAll('"', ''))));
  return fields.includes('handle') || (fields.includes('title') && fields.includes('price'));
}

function normal(name: string): string {
  return name.trim().replace(/\s+/g, ' ').toLowerCase();
}
