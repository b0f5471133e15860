import { createReadStream } from 'node:fs';
import { expect, test } from 'vitest';
import { demoData } from '../../../src/app/demo/demoData.ts';
import type { ImportItem } from '../../../src/features/products/import/draft.ts';
import { readProducts } from '../../../src/features/products/import/readProducts.ts';

const file = new URL('../../../src/app/demo/spring-catalog.csv', import.meta.url);
const items: ImportItem[] = [];
const format = { format: 'SHOPIFY_CSV', defaultCurrency: 'EUR' } as const;
for await (const item of readProducts(createReadStream(file), format)) items.push(item);
const drafts = items.flatMap((item) => (item.kind === 'product' ? [item.draft] : []));
const named = (handle: string) => drafts.find((draft) => draft.externalReference === handle);

test('the example file imports whole, without a problem', () => {
  expect(items.filter(({ kind }) => kind === 'problem')).toEqual([]);
  expect(drafts).toHaveLength(25);
});

test('the example file shows what the format can do', () => {
  expect(drafts.filter(({ variants = [] }) => variants.length > 1)).toHaveLength(12);
  expect(named('folding-bistro-chair')?.options).toEqual([
    { name: 'Colour', values: ['Sage', 'Chalk'] },
    { name: 'Set', values: ['Single', 'Pair'] },
  ]);
  // Its first line has one image; the other three stand on lines of their own.
  expect(named('willow-picnic-basket')?.images).toHaveLength(4);
  // An HTML body that goes over several lines, with doubled quotes in another.
  expect(named('terrace-string-lights')?.description).toContain('- Up to four chains');
  expect(named('rain-barrel-tap')?.description).toContain('"drip stop"');
  expect(named('summer-hammock')?.status).toBe('DRAFT');
  expect(named('restored-zinc-tub')?.condition).toBe('REFURBISHED');
});

test('nothing in the example file collides with a product of the demo', () => {
  const products = demoData(new Date('2026-03-04T09:30:15.250Z')).flatMap((each) => each.products);
  const taken = new Set(
    products.flatMap(({ sku, externalReference, variants }) => [
      ...[sku, externalReference],
      ...variants.map((variant) => variant.sku),
    ]),
  );
  const used = drafts.flatMap(({ sku, externalReference, variants = [] }) => [
    ...[sku, externalReference],
    ...variants.map((variant) => variant.sku),
  ]);
  expect(used.filter((value) => value != null && taken.has(value))).toEqual([]);
});
