import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../../../src/features/products/import/detectFormat.ts';
import type { ImportFormat } from '../../../../src/features/products/import/draft.ts';
import { FirstLines } from '../../../../src/features/products/import/firstLines.ts';
import { readProducts } from '../../../../src/features/products/import/readProducts.ts';
import { collect } from '../../../support/collections.ts';
import { allOf, readFixture, readItems } from './readItems.ts';

const formats: ImportFormat[] = ['SHOPIFY_CSV', 'JSONL'];

/** Lines of a catalogue with three variants a product, for as long as somebody pulls. */
async function* endlessCatalogue(pulled: { bytes: number }, atMost = Number.POSITIVE_INFINITY) {
  yield Buffer.from('Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant Price\n');
  const body = `"<p>${'Lorem ipsum, dolor. '.repeat(30)}</p>"`;
  for (let product = 0; pulled.bytes < atMost; product += 40) {
    const lines: string[] = [];
    for (let at = product; at < product + 40; at += 1) {
      lines.push(`p-${at},P ${at},${body},Size,S,1.00\np-${at},,,,M,2.00\np-${at},,,,L,3.00\n`);
    }
    const chunk = Buffer.from(lines.join(''));
    pulled.bytes += chunk.length;
    yield chunk;
  }
}

describe('streaming', () => {
  test('pulls no more of the file than its items need, and lets go of it', async () => {
    const pulled = { bytes: 0 };
    let returned = false;
    const source = endlessCatalogue(pulled);
    const input = {
      [Symbol.asyncIterator]: () => ({
        next: () => source.next(),
        return: async () => {
          returned = true;
          return source.return(undefined);
        },
      }),
    };
    let taken = 0;
    for await (const item of readProducts(input, { format: 'SHOPIFY_CSV' })) {
      expect(item.kind).toBe('product');
      taken += 1;
      if (taken === 5) break;
    }
    expect(pulled.bytes).toBeLessThan(200_000);
    expect(returned).toBe(true);
  });

  test('holds one product at a time: 10 MB pass through a flat heap', async () => {
    const pulled = { bytes: 0 };
    let products = 0;
    // What is left after a collection, of a heap in which other files of this process have left theirs.
    const used = (): number => {
      collect('major');
      return process.memoryUsage().heapUsed;
    };
    let early = 0;
    const options = { format: 'SHOPIFY_CSV' as const };
    for await (const item of readProducts(endlessCatalogue(pulled, 10_000_000), options)) {
      expect(item.kind).toBe('product');
      products += 1;
      if (products === 2_500) early = used();
      if (products === 12_500) expect(used() - early).toBeLessThan(2_000_000);
    }
    expect(products).toBeGreaterThan(12_500);
  });

  test.each(formats)('%s in one piece leaves the event loop to others', async (format) => {
    const rows = Array.from({ length: 50_000 }, (_, at) => `p-${at},Product,1`);
    const content = format === 'JSONL' ? '{"name":1}\n'.repeat(90_000) : rows.join('\n');
    let turns = 0;
    let turn = setImmediate(function next() {
      turns += 1;
      turn = setImmediate(next);
    });
    await readItems(`Handle,Title,Price\n${content}`, format, 10_000_000);
    clearImmediate(turn);
    expect(turns).toBeGreaterThan(10);
  });

  test('an error of the input itself is handed on', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Handle,Title,Price\na,A,1\n');
      throw new Error('the line is down');
    }
    const reading = allOf(readProducts(broken(), { format: 'SHOPIFY_CSV' }));
    await expect(reading).rejects.toThrow('the line is down');
  });

  test.each([
    ['SHOPIFY_CSV', 'pottery.csv'],
    ['JSONL', 'shop.jsonl'],
  ] as const)('%s: the input may use its chunk again for the next one', async (format, name) => {
    const bytes = Buffer.from(await readFixture(name));
    const expected = await readItems(bytes, format);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.alloc(50);
      for (let at = 0; at < bytes.length; at += 50) {
        const length = bytes.copy(chunk, 0, at, at + 50);
        yield chunk.subarray(0, length);
        chunk.fill(0x22);
      }
    }
    const items = await allOf(readProducts(reusing(), { format }));
    expect(items.map((item) => item.kind === 'product' && item.draft)).toEqual(expected.products);
  });

  test('what an open quote has made it hold is read anew in small pieces too', async () => {
    const lines = `p,P,1${' '.repeat(200)}\n`.repeat(12_000);
    let turns = 0;
    let turn = setImmediate(function next() {
      turns += 1;
      turn = setImmediate(next);
    });
    const { found } = await readItems(
      `Handle,Title,Price\na,"A,1\n${lines}`,
      'SHOPIFY_CSV',
      65_536,
    );
    clearImmediate(turn);
    expect(found[0]).toBe('2 Title UNCLOSED_QUOTE');
    // 2.4 MB are 38 slices; the 2 MB before the parser gave up are read twice.
    expect(turns).toBeGreaterThan(60);
  });
});

describe('whatever the bytes', () => {
  const quoted = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', ' ', 'é', '\0') });
  const shopified = quoted.map((text) => Buffer.from(`Handle,Title,Price\na,A,1\n${text}`));
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 400 }), shopified);

  test('nothing throws or hangs, and how they are cut makes no difference', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 40 }), async (content, size) => {
        for (const format of formats) {
          const whole = await readItems(content, format, 1_000);
          expect(await readItems(content, format, size)).toEqual(whole);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what is said of a broken line is the same when it comes byte by byte', async () => {
    const content = Buffer.from('Handle,Title,Price\na,A,1\n "é""');
    const whole = await readItems(content, 'SHOPIFY_CSV', 1_000);
    expect(await readItems(content, 'SHOPIFY_CSV', 1)).toEqual(whole);
  });

  test('what a CSV writer wrote is what is read', async () => {
    const text = fc
      .string({ unit: fc.constantFrom('"', ',', ';', 'x', 'ö', '😀', ' ', "'"), maxLength: 12 })
      .map((inner) => `t${inner}t`);
    const amount = fc
      .tuple(fc.nat(99_999), fc.nat(9_999))
      .map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`);
    const variants = fc.uniqueArray(fc.record({ value: text, price: amount, stock: fc.nat(500) }), {
      selector: ({ value }) => value,
      minLength: 1,
      maxLength: 4,
    });
    const tag = text.map((inner) => inner.replaceAll(',', ''));
    const body = fc.array(text, { minLength: 1 }).map((lines) => lines.join('\n'));
    const product = fc.record({ name: text, tag, body, variants });
    const lineEnd = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(product), lineEnd, fc.nat(60), async (list, end, size) => {
        const rows = list.flatMap(({ name, tag, body, variants: own }, at) =>
          own.map(({ value, price, stock }, nth) =>
            nth === 0
              ? [`p-${at}`, name, tag, body, 'Kind', value, price, String(stock)]
              : [`p-${at}`, '', '', '', '', value, price, String(stock)],
          ),
        );
        const header = [
          'Handle',
          'Title',
          'Tags',
          'Description',
          'Option1 Name',
          'Option1 Value',
          'Price',
          'Inventory quantity',
        ];
        const file = [header, ...rows].map((row) => row.map(written).join(',') + end).join('');
        const { products, problems } = await readItems(file, 'SHOPIFY_CSV', size + 1);
        expect(problems).toEqual([]);
        expect(
          products.map(({ name, tags, description, stock }) => ({
            name,
            tags,
            description,
            stock,
          })),
        ).toEqual(
          list.map(({ name, tag, body, variants: own }) => ({
            name,
            tags: [tag],
            description: body,
            stock: own.reduce((sum, { stock }) => sum + stock, 0),
          })),
        );
        expect(
          products.map((draft) =>
            draft.variants?.map(({ options, price }) => [options.Kind, price]),
          ),
        ).toEqual(list.map(({ variants: own }) => own.map(({ value, price }) => [value, price])));
      }),
    );
  });
});

function written(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

test('the lines of ten thousand keys are remembered, and no others', () => {
  const lines = new FirstLines();
  for (let at = 1; at <= 10_000; at += 1) lines.add(`key ${at}`, at);
  lines.add('key 7', 99);
  for (let at = 1; at <= 10_000; at += 1) expect(lines.lineOf(`key ${at}`)).toBe(at);
  for (let at = 1; at <= 10_000; at += 1) expect(lines.lineOf(`other ${at}`)).toBeUndefined();
});

describe('the format', () => {
  test.each([
    ['export.csv', 'Handle,Title\n', 'SHOPIFY_CSV'],
    ['export.txt', '\ufeffTitle,"URL handle",Price\r\n', 'SHOPIFY_CSV'],
    ['export.csv', ' {"name":"x"}\n', 'JSONL'],
    ['products.ndjson', '', 'JSONL'],
    ['PRODUCTS.CSV', 'Name;Preis', 'SHOPIFY_CSV'],
    ['notes.txt', 'hello', null],
    ['products.csv', 'PK\u0003\u0004', null],
  ])('of %s that starts with %j is %s', (name, start, format) => {
    expect(detectFormat(name, Buffer.from(start)).format).toBe(format);
  });
});
