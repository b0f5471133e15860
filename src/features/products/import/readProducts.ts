import type { ImportFormat, ImportItem } from './draft.ts';
import { readFileBytes, UnreadableFile } from './fileBytes.ts';
import { readJsonlProducts } from './jsonlProducts.ts';
import { fileProblem } from './problem.ts';
import { readShopifyProducts } from './shopifyProducts.ts';

/**
 * Reads a catalogue file into product drafts and problems, in the order of the file.
 *
 * One product is held at a time: the input is pulled only as fast as the items are taken, whatever
 * the size of its chunks, and stops being read (its iterator is returned) when the caller leaves
 * the loop. Content never makes this throw; only a failing `input` does, with its own error.
 */
export async function* readProducts(
  input: AsyncIterable<Uint8Array>,
  options: { format: ImportFormat; defaultCurrency?: string | undefined },
): AsyncGenerator<ImportItem> {
  const { format, defaultCurrency } = options;
  const bytes = readFileBytes(input);
  try {
    if (format === 'SHOPIFY_CSV') yield* readShopifyProducts(bytes, { defaultCurrency });
    else yield* readJsonlProducts(bytes, { defaultCurrency });
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    yield fileProblem(error.code, error.message);
  }
}
