import type { ImportFormat, ProblemCode } from './draft.ts';
import { notUtf8Text } from './fileBytes.ts';
import { looksLikeShopifyHeader } from './shopifyColumns.ts';

/**
 * Tells a catalogue file's format by its first bytes (a few kilobytes are plenty) and, where those
 * say nothing, by its name. `null` comes with the reason, in words for the person who chose it.
 */
export function detectFormat(
  fileName: string,
  firstBytes: Uint8Array,
): { format: ImportFormat } | { format: null; code: ProblemCode; message: string } {
  const refusal = notUtf8Text(firstBytes);
  if (refusal !== undefined) return { format: null, ...refusal };
  const text = new TextDecoder().decode(firstBytes).trimStart();
  if (text.startsWith('{')) return { format: 'JSONL' };
  if (looksLikeShopifyHeader(text.split(/[\r\n]/, 1)[0] ?? '')) return { format: 'SHOPIFY_CSV' };
  const extension = /\.(\w+)$/.exec(fileName.toLowerCase())?.[1] ?? '';
  if (extension === 'csv') return { format: 'SHOPIFY_CSV' };
  if (['jsonl', 'ndjson', 'json'].includes(extension)) return { format: 'JSONL' };
  const message =
    "The file is neither Shopify's product CSV (its first line names columns such as Handle and Title) nor JSONL (one {…} a line).";
  return { format: null, code: 'INVALID_HEADER', message };
}
