import { describe, expect, test } from 'vitest';
import { handlesOf, readFixture, readItems } from './readItems.ts';

async function readLine(product: unknown) {
  return readItems(typeof product === 'string' ? product : JSON.stringify(product), 'JSONL');
}

const tea = { externalReference: 'tea', name: 'Tea', price: '5.00' };

describe('JSONL', () => {
  test('becomes one draft a line', async () => {
    const { products, problems } = await readItems(await readFixture('shop.jsonl'), 'JSONL');
    expect(problems).toEqual([]);
    expect(products[0]).toEqual({
      externalReference: 'tea-1',
      name: 'Green tea',
      description: 'First flush.\nLoose leaves.',
      price: '12.50',
      currency: 'EUR',
      sku: 'TEA-1',
      category: 'Tea',
      condition: 'NEW',
      location: 'Shelf 4',
      stock: 12,
      status: 'ACTIVE',
      tags: ['tea', 'green'],
      metadata: { organic: true, origin: { country: 'JP' } },
      images: [
        { url: 'https://images.example/tea.jpg', alt: 'Leaves' },
        { url: 'http://images.example/cup.jpg', alt: null },
      ],
    });
    expect(products[1]).toEqual({
      externalReference: 'TEA-2',
      sku: 'TEA-2',
      name: 'Black tea',
      price: '8',
    });
    expect(products[2]).toMatchObject({ price: '25.5', stock: 3, sku: 'SET-S' });
    expect(products[2]?.variants?.[1]).toEqual({
      sku: 'SET-L',
      title: 'L',
      options: { Size: 'L' },
      price: '25.5',
      compareAtPrice: '40',
      stock: 1,
      barcode: '0042',
      imageUrl: 'https://images.example/set.jpg',
    });
  });

  test.each([
    ['pricee UNKNOWN_FIELD', 'Did you mean price?', { ...tea, pricee: 1 }],
    [
      'images[0].ALT UNKNOWN_FIELD',
      'Did you mean alt?',
      { ...tea, images: [{ url: 'https://h/i', ALT: 'x' }] },
    ],
    ['zzzzzzzzz UNKNOWN_FIELD', 'Known here: externalReference', { ...tea, zzzzzzzzz: 1 }],
    ['price INVALID_TYPE', 'text such as', { ...tea, price: 5 }],
    ['price INVALID_NUMBER', 'with a point', { ...tea, price: '1,50' }],
    ['price.amount NEGATIVE_NUMBER', '0 or more', { ...tea, price: { amount: '-1' } }],
    [
      'price.currencyCode INVALID_CURRENCY',
      'ISO 4217',
      { ...tea, price: { amount: '1', currencyCode: 'XYZ' } },
    ],
    ['price MISSING_PRICE', 'needs a price', { ...tea, price: undefined }],
    ['price MISSING_PRICE', 'needs a price', { ...tea, price: undefined, variants: [] }],
    ['name MISSING_FIELD', 'a text', { ...tea, name: undefined }],
    ['name INVALID_VALUE', 'not be empty', { ...tea, name: ' ' }],
    ['name TOO_LONG', '255', { ...tea, name: 'n'.repeat(256) }],
    ['stock NEGATIVE_NUMBER', '0 or more', { ...tea, stock: -1 }],
    ['stock INVALID_TYPE', 'whole number', { ...tea, stock: 1.5 }],
    ['stock NUMBER_TOO_LARGE', '2147483647', { ...tea, stock: 3e9 }],
    ['condition INVALID_VALUE', 'NEW, USED, REFURBISHED', { ...tea, condition: 'new' }],
    ['images[0].url INVALID_URL', 'https://', { ...tea, images: [{ url: 'javascript:1' }] }],
    ['tags TOO_MANY', '250', { ...tea, tags: Array(251).fill('x') }],
    [
      'options TOO_MANY',
      'At most 3',
      { ...tea, variants: [{ options: { a: '1', b: '1', c: '1', d: '1' } }] },
    ],
    ['variants[0].prize UNKNOWN_FIELD', 'mean price?', { ...tea, variants: [{ prize: 1 }] }],
    ['externalReference MISSING_REFERENCE', 'sku', { name: 'x', price: '1' }],
    ['- INVALID_CHARACTER', 'NUL', { ...tea, name: 'a\0b' }],
    ['- INVALID_CHARACTER', 'surrogate', { ...tea, name: '\ud800' }],
    ['- INVALID_JSON', 'not valid JSON', '{"name": '],
    ['- NOT_AN_OBJECT', '{…}', '7'],
    ['- NOT_JSONL', 'one {…} a line', '[1]'],
    ['- NOT_JSONL', 'one {…} a line', '{\n"name": "x"\n}'],
    ['- TOO_DEEP', '16 levels', `{"metadata":${'['.repeat(60_000)}${']'.repeat(60_000)}}`],
  ])('%s (%s)', async (found, words, line) => {
    const outcome = await readLine(line);
    expect(outcome.found).toEqual([`1 ${found}`]);
    expect(outcome.problems[0]?.message).toContain(words);
    expect(outcome.products).toEqual([]);
  });

  test('null empties what can be empty, and a key that is not there leaves it alone', async () => {
    const names = ['description', 'sku', 'category', 'condition', 'location', 'stock', 'status'];
    const lists = ['tags', 'metadata', 'images', 'options', 'variants'];
    const nulls = Object.fromEntries([...names, ...lists].map((name) => [name, null]));
    const { products } = await readLine({ ...tea, ...nulls });
    expect(products).toEqual([
      {
        ...tea,
        ...{ description: '', sku: null, category: null, location: null, stock: null },
        ...{ tags: [], metadata: {}, images: [], options: [], variants: [] },
      },
    ]);
    expect((await readLine(tea)).products).toEqual([tea]);
  });

  test('variants need every option, their own combination and their own SKU', async () => {
    const { found } = await readLine({
      ...tea,
      options: [{ name: 'Size', values: ['S'] }],
      variants: [
        { sku: 'X', options: { Size: 'S' } },
        { sku: 'X', options: { Size: 'S' } },
        { options: { Colour: 'Red' } },
      ],
    });
    expect(found).toEqual([
      '1 variants[1].sku DUPLICATE_SKU',
      '1 variants[1].options DUPLICATE_VARIANT',
      '1 variants[2].options MISSING_OPTION_VALUE',
      '1 variants[2].options MISSING_OPTION_NAME',
    ]);
  });

  test('one bad line never stops the others', async () => {
    const lines = [
      JSON.stringify(tea),
      'nonsense',
      JSON.stringify(tea),
      `{"name":"${'x'.repeat(2 * 1024 * 1024)}"}`,
      JSON.stringify({ ...tea, externalReference: 'last' }),
    ];
    const outcome = await readItems(lines.join('\r\n'), 'JSONL', 50_000);
    expect(outcome.found).toEqual([
      '2 - INVALID_JSON',
      '3 externalReference REPEATED_REFERENCE',
      '4 - RECORD_TOO_LARGE',
    ]);
    expect(handlesOf(outcome)).toEqual(['tea', 'last']);
  });

  test('bytes that are not UTF-8 are reported with their line', async () => {
    const bytes = Buffer.from(`${JSON.stringify(tea)}\n{"name":"caf\xe9"}\n`, 'latin1');
    const outcome = await readItems(bytes, 'JSONL');
    expect(outcome.found).toEqual(['2 - INVALID_UTF8']);
    expect(handlesOf(outcome)).toEqual(['tea']);
  });
});
