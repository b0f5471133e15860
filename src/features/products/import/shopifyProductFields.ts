import type { ProductCondition, ProductDraft, ProductStatus } from './draft.ts';
import { htmlToText } from './htmlText.ts';
import { importLimits } from './limits.ts';
import { shown, tooLong } from './problem.ts';
import type { ShopifyRow } from './shopifyRow.ts';

const conditions = new Map<string, ProductCondition>([
  ['new', 'NEW'],
  ['used', 'USED'],
  ['refurbished', 'REFURBISHED'],
]);

/** Shopify's `unlisted` (2025) is for sale to who has the link and hidden from everyone else. */
const statuses = new Map<string, ProductStatus>([
  ['active', 'ACTIVE'],
  ['draft', 'DRAFT'],
  ['archived', 'ARCHIVED'],
  ['unlisted', 'DRAFT'],
]);

/** What the first line says about the product as a whole; a field without a column is absent. */
export function readProductFields(row: ShopifyRow): Partial<ProductDraft> {
  const status = readStatus(row);
  const condition = readCondition(row);
  const metadata = readMetadata(row);
  return {
    ...(row.has('body') ? { description: readDescription(row) } : {}),
    ...(row.has('type') || row.has('productCategory')
      ? { category: row.label('type') ?? row.label('productCategory') }
      : {}),
    ...(condition === undefined ? {} : { condition }),
    ...(status === undefined ? {} : { status }),
    ...(row.has('tags') ? { tags: readTags(row) } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function readDescription(row: ShopifyRow): string {
  const text = htmlToText(row.text('body'));
  if (text.length <= importLimits.descriptionLength) return text;
  row.report('body', 'TOO_LONG', tooLong(text, importLimits.descriptionLength));
  return '';
}

/**
 * `Published` is false for what the merchant hides from the shop window, whatever the status, so
 * such a product stays a draft here: an assistant must not offer it. A blank `Status` means active
 * and a blank `Published` means published, as in Shopify's own import.
 */
function readStatus(row: ShopifyRow): ProductStatus | undefined {
  if (!row.has('status') && !row.has('published')) return undefined;
  const text = row.text('status').toLowerCase();
  const status = text === '' ? 'ACTIVE' : statuses.get(text);
  if (status === undefined) {
    const message = `${shown(row.text('status'))} is no status; write active, draft or archived.`;
    row.report('status', 'INVALID_VALUE', message);
  }
  return row.flag('published') === false && status === 'ACTIVE' ? 'DRAFT' : status;
}

function readCondition(row: ShopifyRow): ProductCondition | undefined {
  const text = row.text('condition');
  if (text === '') return undefined;
  const condition = conditions.get(text.toLowerCase());
  if (condition === undefined) {
    const message = `${shown(text)} is no condition; write new, used or refurbished.`;
    row.report('condition', 'INVALID_VALUE', message);
  }
  return condition;
}

function readTags(row: ShopifyRow): string[] {
  const tags = new Map<string, string>();
  for (const part of row.text('tags').split(',')) {
    const tag = part.trim();
    const key = tag.toLowerCase();
    if (tag !== '' && !tags.has(key)) tags.set(key, tag);
  }
  const long = [...tags.values()].find((tag) => tag.length > importLimits.labelLength);
  if (long !== undefined) row.report('tags', 'TOO_LONG', tooLong(long, importLimits.labelLength));
  if (tags.size > importLimits.tags) {
    const message = `The product has ${tags.size} tags; at most ${importLimits.tags} are allowed.`;
    row.report('tags', 'TOO_MANY', message);
  }
  return [...tags.values()];
}

function readMetadata(row: ShopifyRow): Record<string, unknown> | undefined {
  const giftCard = row.flag('giftCard');
  const known = {
    vendor: row.text('vendor'),
    productCategory: row.text('type') === '' ? '' : row.text('productCategory'),
    seoTitle: row.text('seoTitle'),
    seoDescription: row.text('seoDescription'),
  };
  const metadata: Record<string, unknown> = Object.fromEntries(
    Object.entries(known).filter(([, text]) => text !== ''),
  );
  if (giftCard === true) metadata.giftCard = true;
  for (const group of ['metafields', 'googleShopping'] as const) {
    const entries = row.columns.extra
      .filter((column) => column.group === group && row.at(column.index) !== '')
      .map((column) => [column.key, row.at(column.index)]);
    if (entries.length > 0) metadata[group] = Object.fromEntries(entries);
  }
  const length = JSON.stringify(metadata).length;
  if (length > importLimits.metadataLength) {
    const message = `The metafields and SEO texts have ${length} characters; at most ${importLimits.metadataLength} are allowed.`;
    row.report(null, 'TOO_LONG', message);
  }
  const fields = ['vendor', 'giftCard', 'seoTitle', 'seoDescription', 'tracker', 'policy'] as const;
  const present = fields.some((field) => row.has(field)) || row.columns.extra.length > 0;
  return present ? metadata : undefined;
}
