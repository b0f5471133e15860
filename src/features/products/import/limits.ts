/**
 * What one product may hold, in a file and in the API alike. Where Shopify documents a limit it is Shopify's, so that every file it
 * exported can come in: 2 048 variants since October 2025 (100 before), three options, 250 images
 * and 250 tags. The lengths are our own.
 */
export const importLimits = {
  referenceLength: 255,
  nameLength: 255,
  descriptionLength: 65_535,
  /** SKU, category, location, barcode, tag, option name and option value. */
  labelLength: 255,
  urlLength: 2_048,
  altLength: 512,
  tags: 250,
  images: 250,
  options: 3,
  variants: 2_048,
  stock: 2_147_483_647,
  metadataDepth: 16,
  /** Characters as JSON.stringify writes them. */
  metadataLength: 65_536,
  /**
   * Bytes of one CSV record or JSON line: thirty times the longest description, for the markup
   * around it, and a bound for what an unclosed quote makes the reader hold.
   */
  recordBytes: 2 * 1024 * 1024,
  /** Records with broken quotes after which a file is taken for something else than CSV. */
  brokenRecords: 1_000,
} as const;
