/**
 * What one product of a file says. A field that is absent has no column in the file (or no key in
 * its JSON line), so an update leaves the stored value alone; a blank cell is present and clears,
 * which is what Shopify's importer does too.
 *
 * `price`, `sku` and `stock` sum up the variants: the lowest price, the first SKU, the total of
 * the stocks. A CSV therefore always carries `variants` and `options` as well, otherwise the sum
 * and its parts would drift apart at an update.
 */
export interface ProductDraft {
  /** Shopify's Handle; in JSONL `externalReference`, else `sku`. */
  externalReference: string;
  name: string;
  /** Plain text; an HTML body is turned into lines. */
  description?: string;
  sku?: string | null;
  /** Decimal text, at most fifteen digits before the point and four after. */
  price: string;
  /** ISO 4217. Shopify's file has no currency, so there it is the caller's `defaultCurrency`. */
  currency?: string;
  category?: string | null;
  condition?: ProductCondition;
  location?: string | null;
  /** Pieces that can be sold; `null` when nobody counts them. */
  stock?: number | null;
  status?: ProductStatus;
  tags?: string[];
  metadata?: Record<string, unknown>;
  /** In the order in which they are to be shown. */
  images?: ImageDraft[];
  options?: OptionDraft[];
  variants?: VariantDraft[];
}

export type ProductCondition = 'NEW' | 'USED' | 'REFURBISHED';
export type ProductStatus = 'DRAFT' | 'ACTIVE' | 'ARCHIVED';

export interface ImageDraft {
  url: string;
  alt: string | null;
}

export interface OptionDraft {
  name: string;
  values: string[];
}

export interface VariantDraft {
  sku: string | null;
  /** The option values joined by ` / `; `Default Title` for a product without options. */
  title: string;
  options: Record<string, string>;
  price: string;
  compareAtPrice: string | null;
  /** `null` when the file says no quantity, which with Shopify means that nobody counts it. */
  stock: number | null;
  barcode: string | null;
  imageUrl: string | null;
}

export type ImportFormat = 'SHOPIFY_CSV' | 'JSONL';

/** Why a product, or the file from here on, was not taken. */
export interface RowProblem {
  /** 1-based line as an editor numbers it: the first line of the record. */
  row: number;
  /** The column as the file's header spells it, or the JSON path; `null` for the whole record. */
  column: string | null;
  code: ProblemCode;
  /** One sentence or two that say what to change. */
  message: string;
  externalReference: string | null;
}

/**
 * Stable. The first group is about the file: after one of these nothing more is read. The second
 * is about one record's form, the third about one product's content.
 */
export type ProblemCode =
  | 'EMPTY_FILE'
  | 'NOT_UTF8'
  | 'NOT_TEXT'
  | 'NOT_JSONL'
  | 'INVALID_HEADER'
  | 'MISSING_COLUMNS'
  | 'DUPLICATE_COLUMN'
  | 'TOO_MANY_BROKEN_RECORDS'
  | 'UNCLOSED_QUOTE'
  | 'MISPLACED_QUOTE'
  | 'RECORD_TOO_LARGE'
  | 'TOO_MANY_FIELDS'
  | 'TOO_FEW_FIELDS'
  | 'INVALID_UTF8'
  | 'INVALID_CHARACTER'
  | 'INVALID_JSON'
  | 'NOT_AN_OBJECT'
  | 'TOO_DEEP'
  | 'MISSING_REFERENCE'
  | 'REPEATED_REFERENCE'
  | 'MISSING_NAME'
  | 'CONFLICTING_NAME'
  | 'MISSING_PRICE'
  | 'MISSING_FIELD'
  | 'UNKNOWN_FIELD'
  | 'INVALID_TYPE'
  | 'INVALID_VALUE'
  | 'INVALID_NUMBER'
  | 'NEGATIVE_NUMBER'
  | 'TOO_MANY_DECIMALS'
  | 'NUMBER_TOO_LARGE'
  | 'INVALID_CURRENCY'
  | 'INVALID_URL'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'MISSING_OPTION_NAME'
  | 'MISSING_OPTION_VALUE'
  | 'DUPLICATE_OPTION'
  | 'DUPLICATE_VARIANT'
  | 'DUPLICATE_SKU';

/**
 * Every product of a file ends either as one `product` or as one or more `problem` items, never
 * both. Problems come as their lines are read, a product with its last line.
 */
export type ImportItem =
  | { kind: 'product'; row: number; draft: ProductDraft }
  | { kind: 'problem'; problem: RowProblem };
