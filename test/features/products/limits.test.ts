import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server.close());

const create = `mutation ($input: ProductCreateInput!) { productCreate(input: $input) {
  product { id } userErrors { field code } } }`;
const importing = `mutation ($input: ProductImportInput!) { productImport(input: $input) {
  report { created } userErrors { message } } }`;

const price = { amount: '1', currencyCode: 'EUR' };
const text = (length: number) => 'ä'.repeat(length);
const url = (length: number) => 'https://example.com/'.padEnd(length, 'x');
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));
/** As JSON it is so many characters long. */
const metadata = (length: number) => ({ a: 'x'.repeat(length - 8) });
const variant = (more: object) => ({ variants: [{ title: 'M', price: '1', ...more }] });
const option = (more: object) => ({ options: [{ name: 'Size', values: ['M'], ...more }] });

/** Every field with a limit: the most it takes, a value of that size, and where one more is refused. */
const limits: [field: string, most: number, make: (size: number) => object, path?: string][] = [
  ['name', 255, (size) => ({ name: text(size) })],
  ['description', 65_535, (size) => ({ description: text(size) })],
  ['sku', 255, (size) => ({ sku: text(size) })],
  ['category', 255, (size) => ({ category: text(size) })],
  ['location', 255, (size) => ({ location: text(size) })],
  ['externalReference', 255, (size) => ({ externalReference: text(size) })],
  ['tags', 250, (size) => ({ tags: times(size, (index) => `${index}${text(250)}`) })],
  ['tags.0', 255, (size) => ({ tags: [text(size)] })],
  ['images', 250, (size) => ({ images: times(size, () => ({ url: url(2_048) })) })],
  ['images.0.url', 2_048, (size) => ({ images: [{ url: url(size) }] })],
  ['images.0.alt', 512, (size) => ({ images: [{ url: url(99), alt: text(size) }] })],
  ['options', 3, (size) => ({ options: times(size, (i) => ({ name: `${i}`, values: ['M'] })) })],
  ['options.0.name', 255, (size) => option({ name: text(size) })],
  ['options.0.values', 2_048, (size) => option({ values: times(size, String) })],
  ['options.0.values.0', 255, (size) => option({ values: [text(size)] })],
  [
    'variants',
    2_048,
    (size) => ({
      options: [{ name: 'Size', values: times(size, String) }],
      variants: times(size, (index) => ({
        price: '1',
        options: [{ name: 'Size', value: String(index) }],
      })),
    }),
  ],
  ['variants.0.title', 255, (size) => variant({ title: text(size) })],
  ['variants.0.sku', 255, (size) => variant({ sku: text(size) })],
  ['variants.0.barcode', 255, (size) => variant({ barcode: text(size) })],
  ['variants.0.imageUrl', 2_048, (size) => variant({ imageUrl: url(size) })],
  [
    'variants.0.options',
    3,
    (size) => variant({ options: times(size, (i) => ({ name: `${i}`, value: 'M' })) }),
  ],
  [
    'variants.0.options',
    255,
    (size) => variant({ options: [{ name: 'Size', value: text(size) }] }),
  ],
  ['metadata', 65_536, (size) => ({ metadata: metadata(size) })],
];

const ask = async (fields: object) => {
  const input = { name: 'N', price, ...fields };
  const { status, body } = await server.ask(owner, create, { input });
  if (status !== 200 || body.errors) throw new Error(`${status} ${JSON.stringify(body.errors)}`);
  return body.data.productCreate;
};

describe('the API', () => {
  test.for(limits)(
    '%s: %i is stored, and one more refused at its place',
    async ([field, most, make]) => {
      const taken = await ask(make(most));
      expect(taken.userErrors).toEqual([]);
      expect(taken.product).not.toBeNull();
      const path = ['input', ...field.split('.')];
      expect((await ask(make(most + 1))).userErrors).toContainEqual({
        field: path,
        code: 'TOO_LONG',
      });
    },
  );

  test('what no column holds is refused at its place, never an error of ours', async () => {
    const invalid: [string, object][] = [
      ['name', { name: 'N\0' }],
      ['description', { description: 'half \ud83d of it' }],
      ['tags.0', { tags: ['\ud83d'] }],
      ['metadata', { metadata: { text: '\ud83d' } }],
      ['metadata', { metadata: { deep: [{ 'k\0': 1 }] } }],
      ['stock', { stock: -1 }],
      ['variants.0.stock', variant({ stock: -1 })],
      ['variants.0.options', variant({ options: [{ name: 'a\0', value: 'b' }] })],
      ['images.0.url', { images: [{ url: 'ftp://example.com/a' }] }],
      ['images.0.url', { images: [{ url: 'https://user:secret@example.com/a' }] }],
      ['price.amount', { price: { ...price, amount: '-0.01' } }],
      ['variants.0.price', variant({ price: '-1' })],
      ['variants.0.compareAtPrice', variant({ compareAtPrice: '-1' })],
    ];
    for (const [field, fields] of invalid) {
      const path = ['input', ...field.split('.')];
      expect((await ask(fields)).userErrors).toEqual([{ field: path, code: 'INVALID' }]);
    }
    expect((await ask({ metadata: { text: 'a \\u0000 in words' } })).userErrors).toEqual([]);
    const most = { stock: 2_147_483_647, price: { ...price, amount: '999999999999999.9999' } };
    expect((await ask(most)).userErrors).toEqual([]);
    const { body } = await server.ask(owner, create, {
      input: { name: 'N', price, stock: 2 ** 31 },
    });
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

/** What a JSONL file spells otherwise than the API's input. */
const asLine = ({ variants, ...fields }: ReturnType<typeof JSON.parse>, reference: string) => ({
  externalReference: reference,
  name: 'N',
  price,
  ...fields,
  ...(variants && {
    variants: variants.map(({ options = [], ...rest }: ReturnType<typeof JSON.parse>) => ({
      ...rest,
      options: Object.fromEntries(
        options.map(({ name, value }: { name: string; value: string }) => [name, value]),
      ),
    })),
  }),
});

describe('a file', () => {
  const run = async (line: object) => {
    const input = { source: { content: JSON.stringify(line) } };
    const { status, body } = await server.ask(owner, importing, { input });
    if (status !== 200 || body.errors) throw new Error(`${status} ${JSON.stringify(body.errors)}`);
    return body.data.productImport;
  };
  // A variant's options have to be those of its product there, which has tests of its own.
  const own = limits.filter(([field]) => !/options/.test(field));

  test.for(own)('%s: takes %i as the API does, and no more', async ([field, most, make]) => {
    // What the API has stored is not to be met again: its SKUs and references are taken.
    const fields = (size: number) =>
      asLine(
        JSON.parse(JSON.stringify(make(size)).replaceAll('ä', field.charAt(0))),
        `limit ${field}`,
      );
    expect(await run(fields(most))).toMatchObject({ report: { created: 1 }, userErrors: [] });
    const { report, userErrors } = await run(fields(most + 1));
    expect(report).toBeNull();
    expect(userErrors[0].message).toMatch(/^Line 1, /);
  });
});

test('a file takes the largest price that the API takes, to its last digit', async () => {
  const [most, less] = ['999999999999999.9999', '999999999999999.9998'];
  const line = {
    externalReference: 'dearest',
    name: 'N',
    options: [{ name: 'Size', values: ['S', 'M'] }],
    variants: [
      { price: most, options: { Size: 'S' } },
      { price: less, options: { Size: 'M' } },
    ],
  };
  const input = { source: { content: JSON.stringify(line) }, currency: 'EUR' };
  await server.ask(owner, importing, { input });
  const { body } = await server.ask(
    owner,
    '{ products(filter: { externalReference: { eq: "dearest" } }) { nodes { price { amount } } } }',
  );
  expect(body.data.products.nodes).toEqual([{ price: { amount: less } }]);
});
