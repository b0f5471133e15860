import { readFile } from 'node:fs/promises';
import type {
  ImportFormat,
  ImportItem,
  ProductDraft,
  RowProblem,
} from '../../../../src/features/products/import/draft.ts';
import { readProducts } from '../../../../src/features/products/import/readProducts.ts';

export interface Outcome {
  products: ProductDraft[];
  problems: RowProblem[];
  /** `"<row> <column> <code>"`, short enough to compare in one line. */
  found: string[];
}

/** Reads a whole text in chunks of so many bytes; seven cuts through everything there is. */
export async function readItems(
  content: string | Uint8Array,
  format: ImportFormat = 'SHOPIFY_CSV',
  chunkBytes = 7,
): Promise<Outcome> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const items = await allOf(readProducts(chunksOf(bytes, chunkBytes), { format }));
  const problems = items.flatMap((item) => (item.kind === 'problem' ? [item.problem] : []));
  return {
    products: items.flatMap((item) => (item.kind === 'product' ? [item.draft] : [])),
    problems,
    found: problems.map(({ row, column, code }) => `${row} ${column ?? '-'} ${code}`),
  };
}

export async function allOf(input: AsyncIterable<ImportItem>): Promise<ImportItem[]> {
  const items: ImportItem[] = [];
  for await (const item of input) items.push(item);
  return items;
}

export async function readFixture(name: string): Promise<string> {
  return readFile(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function handlesOf({ products }: Outcome): string[] {
  return products.map(({ externalReference }) => externalReference);
}
