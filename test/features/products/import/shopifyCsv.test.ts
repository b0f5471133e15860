import { describe, expect, test } from 'vitest';
import { handlesOf, readFixture, readItems } from './readItems.ts';

/** A small file: the given header and lines with LF. */
function csv(header: string, ...lines: string[]): string {
  return [header, ...lines, ''].join('\n');
}

const simple = 'Handle,Title,Variant Price';

describe("Shopify's product CSV", () => {
  test('becomes one draft a product, with variants, options, images and metadata', async () => {
    const { products, problems } = await readItems(await readFixture('pottery.csv'));
    expect(problems).toEqual([]);
    const [mug, card, bowl] = products;
    expect(mug).toEqual({
      externalReference: 'stoneware-mug',
      name: 'Stoneware Mug',
      description:
        'A mug for "slow" mornings\n\nThrown by hand,\nfired at 1 260°C.\n\n- 350 ml\n- Dishwasher safe',
      sku: 'MUG-ASH-350',
      price: '22.5',
      category: 'Mugs',
      condition: 'USED',
      status: 'ACTIVE',
      stock: 7,
      tags: ['kitchen', 'gift', 'stoneware'],
      metadata: {
        vendor: 'Kiln & Co',
        productCategory: 'Home & Garden > Kitchen & Dining > Mugs',
        seoTitle: 'Stoneware mug | Kiln',
        seoDescription: 'Mugs, thrown by hand',
        metafields: { 'custom.glaze': 'matt' },
        googleShopping: { 'Age Group': 'adult' },
        inventoryTracked: true,
        sellsWhenOutOfStock: true,
      },
      images: [
        { url: 'https://images.example/mug-moss.jpg', alt: null },
        { url: 'https://images.example/mug-ash.jpg', alt: 'Ash mug on a shelf' },
        { url: 'https://images.example/mug-hands.jpg', alt: 'Held in two hands' },
      ],
      options: [
        { name: 'Colour', values: ['Ash', 'Moss'] },
        { name: 'Size', values: ['350 ml', '500 ml'] },
      ],
      variants: [
        {
          sku: 'MUG-ASH-350',
          title: 'Ash / 350 ml',
          options: { Colour: 'Ash', Size: '350 ml' },
          price: '24.00',
          compareAtPrice: '29.50',
          stock: 7,
          barcode: '4006381333931',
          imageUrl: 'https://images.example/mug-ash.jpg',
        },
        {
          sku: 'MUG-MOSS-350',
          title: 'Moss / 350 ml',
          options: { Colour: 'Moss', Size: '350 ml' },
          price: '22.5',
          compareAtPrice: null,
          stock: 0,
          barcode: null,
          imageUrl: null,
        },
        {
          sku: 'MUG-MOSS-500',
          title: 'Moss / 500 ml',
          options: { Colour: 'Moss', Size: '500 ml' },
          price: '27.00',
          compareAtPrice: null,
          stock: 0,
          barcode: null,
          imageUrl: null,
        },
      ],
    });
    expect(card).toMatchObject({ options: [], metadata: { giftCard: true }, sku: null });
    expect(card?.description).toBe('Plain words & no tags < 5');
    expect(card?.stock).toBeNull();
    expect(card?.variants).toMatchObject([{ title: 'Default Title', options: {}, stock: null }]);
    expect(bowl).toMatchObject({
      status: 'DRAFT',
      stock: 3,
      metadata: { inventoryTracked: false },
    });
    expect(JSON.stringify(products)).not.toContain('9.10');
  });

  test("is read with today's column names as well", async () => {
    const { products, problems } = await readItems(await readFixture('template.csv'));
    expect(problems).toEqual([]);
    expect(products).toMatchObject([
      {
        externalReference: 'linen-apron',
        name: 'Linen Apron',
        price: '39.90',
        stock: 10,
        sku: 'APR-N',
        status: 'DRAFT',
        condition: 'REFURBISHED',
        category: 'Apparel > Aprons',
        images: [{ url: 'https://images.example/apron.jpg', alt: 'Apron' }],
        options: [{ name: 'Colour', values: ['Natural', 'Indigo'] }],
        variants: [{ barcode: '111222' }, { imageUrl: 'https://images.example/apron-i.jpg' }],
      },
    ]);
  });

  test('leaves out what has no column and clears what is blank', async () => {
    const { products } = await readItems(csv(simple, 'a,A,1'));
    const absent = { externalReference: 'a', name: 'A', price: '1', options: [] };
    expect(products).toEqual([{ ...absent, variants: [expect.objectContaining({ price: '1' })] }]);
    const blank = await readItems(csv(`${simple},Type,Tags,Variant SKU,Body (HTML)`, 'a,A,1,,,,'));
    expect(blank.products).toMatchObject([
      { category: null, tags: [], sku: null, description: '' },
    ]);
  });

  test.each([
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['CR', (text: string) => text.replaceAll('\n', '\r')],
    ['no line end at the end', (text: string) => text.trimEnd()],
    ['blank lines', (text: string) => text.replaceAll('\nraku', '\n\n\nraku')],
    [
      'header names in other cases and spaces',
      (text: string) => text.replace('Variant Price', '  variant  PRICE '),
    ],
  ])('reads the same with %s', async (_name, change) => {
    const text = await readFixture('pottery.csv');
    const expected = await readItems(text, 'SHOPIFY_CSV', 100_000);
    expect(await readItems(change(text))).toEqual(expected);
    expect(await readItems(change(text), 'SHOPIFY_CSV', 1)).toEqual(expected);
  });

  test('reads its columns in any order', async () => {
    const { products } = await readItems(csv('Variant Price,Nonsense,Title,Handle', '5,x,A,a'));
    expect(products).toMatchObject([{ externalReference: 'a', name: 'A', price: '5' }]);
  });
});

test("the product's price is the lowest by value, not by letters", async () => {
  const header = 'Handle,Title,Variant Price,Option1 Name,Option1 Value';
  const { products } = await readItems(
    csv(header, 'a,A,10.5,Size,S', 'a,,9.50,,M', 'a,,9.5001,,L'),
  );
  expect(products).toMatchObject([{ price: '9.50' }]);
});

describe('a line that is wrong', () => {
  test.each([
    ['1,299.00', 'INVALID_NUMBER', 'nothing between the thousands'],
    ['9,99', 'INVALID_NUMBER', 'with a point'],
    ['€5', 'INVALID_NUMBER', 'without a currency'],
    ['5 USD', 'INVALID_NUMBER', 'without a currency'],
    ['1e3', 'INVALID_NUMBER', 'digits and a point'],
    ['.', 'INVALID_NUMBER', 'such as 1299.00'],
    ['-1', 'NEGATIVE_NUMBER', '0 or more'],
    ['1.00001', 'TOO_MANY_DECIMALS', 'round'],
    ['1234567890123456', 'NUMBER_TOO_LARGE', '15 digits'],
    ['', 'MISSING_PRICE', 'needs a price'],
  ])('price %j is refused as %s with line and column', async (price, code, words) => {
    const text = csv(simple, 'a,A,1', `b,B,"${price}"`, 'c,C,3');
    const outcome = await readItems(text);
    expect(outcome.found).toEqual([`3 Variant Price ${code}`]);
    expect(outcome.problems[0]).toMatchObject({ externalReference: 'b' });
    expect(outcome.problems[0]?.message).toContain(words);
    expect(handlesOf(outcome)).toEqual(['a', 'c']);
  });

  test.each([
    ['0007.50', '7.50'],
    ['.5', '0.5'],
    ['3.', '3'],
    ['9.9900000', '9.9900'],
    ['9999999999.9999', '9999999999.9999'],
  ])('price %s is kept exactly, as %s', async (written, price) => {
    const { products } = await readItems(csv(simple, `a,A,${written}`));
    expect(products).toMatchObject([{ price }]);
  });

  test('refuses its whole product, naming all that is wrong with it at once', async () => {
    const header = `${simple},Image Src,Status,Option1 Name,Option1 Value,Variant Inventory Qty`;
    const outcome = await readItems(
      csv(
        header,
        'a,A,x,ftp://h/i.png,live,Size,S,1.5',
        'a,,2,data:image/png;base64,active,,M,1',
        'b,B,2,https://u:p@h/i.png,active,,,3.0',
      ),
    );
    expect(outcome.found).toEqual([
      '2 Status INVALID_VALUE',
      '2 Variant Price INVALID_NUMBER',
      '2 Variant Inventory Qty INVALID_NUMBER',
      '2 Image Src INVALID_URL',
      '3 Image Src INVALID_URL',
      '4 Image Src INVALID_URL',
    ]);
    expect(outcome.products).toEqual([]);
  });

  test('a missing title, a second title, a missing handle', async () => {
    const outcome = await readItems(
      csv(simple, 'a,,1', 'b,B,1', 'b,Other,', ',C,1', ',,', 'd,D,1'),
    );
    expect(outcome.found).toEqual([
      '2 Title MISSING_NAME',
      '4 Title CONFLICTING_NAME',
      '5 Handle MISSING_REFERENCE',
      '6 Handle MISSING_REFERENCE',
    ]);
    expect(handlesOf(outcome)).toEqual(['d']);
  });

  test('a handle that comes back apart from its lines does not overwrite the product', async () => {
    const outcome = await readItems(csv(simple, 'a,A,1', 'b,B,2', 'a,A again,3', 'a,,4', 'c,C,5'));
    expect(outcome.found).toEqual(['4 Handle REPEATED_REFERENCE']);
    expect(outcome.problems[0]?.message).toContain('began on line 2');
    expect(handlesOf(outcome)).toEqual(['a', 'b', 'c']);
    expect(outcome.products[0]).toMatchObject({ price: '1' });
  });

  test('options that do not add up', async () => {
    const header =
      'Handle,Title,Variant Price,Option1 Name,Option1 Value,Option2 Name,Option2 Value';
    const outcome = await readItems(
      csv(
        header,
        'a,A,1,Size,S,,',
        'a,,1,,,,',
        'a,,1,,S,,',
        'b,B,1,,,,',
        'b,,1,,M,,',
        'c,C,1,X,1,X,2',
      ),
    );
    expect(outcome.found).toEqual([
      '3 Option1 Value MISSING_OPTION_VALUE',
      '4 Option1 Value DUPLICATE_VARIANT',
      '6 Option1 Value MISSING_OPTION_NAME',
      '6 Option1 Value DUPLICATE_VARIANT',
      '7 Option1 Name DUPLICATE_OPTION',
    ]);
  });

  test('a SKU that is taken, unless the product that had it was refused', async () => {
    const header = 'Handle,Title,Variant Price,Variant SKU';
    const outcome = await readItems(csv(header, 'a,A,1,X', 'b,B,2,X', 'c,C,bad,Y', 'd,D,4,Y'));
    expect(outcome.found).toEqual([
      '3 Variant SKU DUPLICATE_SKU',
      '4 Variant Price INVALID_NUMBER',
    ]);
    expect(handlesOf(outcome)).toEqual(['a', 'd']);
  });

  test('texts and lists beyond the limits', async () => {
    const header = 'Handle,Title,Variant Price,Body (HTML),Option1 Name,Option1 Value';
    const variants = Array.from(
      { length: 2_049 },
      (_, at) => `v,${at === 0 ? 'V' : ''},1,,Nr,${at}`,
    );
    const text = csv(
      header,
      `a,${'n'.repeat(256)},1,,,`,
      `b,B,1,"<p>${'d'.repeat(1024 * 1024)}</p>",,`,
      `${'h'.repeat(256)},H,1,,,`,
      ...variants,
      'c,C,1,,,',
    );
    const outcome = await readItems(text, 'SHOPIFY_CSV', 100_000);
    expect(outcome.found).toEqual([
      '2 Title TOO_LONG',
      '3 Body (HTML) TOO_LONG',
      '4 Handle TOO_LONG',
      '2053 - TOO_MANY',
    ]);
    expect(outcome.problems.every(({ message }) => message.length < 300)).toBe(true);
    expect(handlesOf(outcome)).toEqual(['c']);
  });

  test('bytes that are not UTF-8, and NUL', async () => {
    const text = csv(simple, 'a,A,1', 'b,caf\xe9,2', 'c,C\0,3', 'd,\ufffd,4');
    const bytes = Uint8Array.from(Buffer.from(text.replace('\ufffd', '\xef\xbf\xbd'), 'latin1'));
    const outcome = await readItems(bytes);
    expect(outcome.found).toEqual(['3 Title INVALID_UTF8', '4 Title INVALID_CHARACTER']);
    expect(handlesOf(outcome)).toEqual(['a', 'd']);
  });

  test('too many and too few fields; blank ones at the end do no harm', async () => {
    const outcome = await readItems(csv(simple, 'a,A,1,,', 'b,B, really,2', 'c,C', 'd,D,4'));
    expect(outcome.found).toEqual(['3 - TOO_MANY_FIELDS', '4 - TOO_FEW_FIELDS']);
    expect(handlesOf(outcome)).toEqual(['a', 'd']);
  });
});

describe('broken quotes', () => {
  test('cost the record they stand in, and no other', async () => {
    const outcome = await readItems(
      csv(simple, 'a,A,1', 'b,5" pipe,2', 'c,"C" big,3', 'd,"D ""x""",4', 'e,E,5'),
    );
    expect(outcome.found).toEqual(['3 Title MISPLACED_QUOTE', '4 Title MISPLACED_QUOTE']);
    expect(handlesOf(outcome)).toEqual(['a', 'd', 'e']);
  });

  test('an open quote does not swallow the rest of the file', async () => {
    const lines = ['a,A,1', 'b,"B,2', 'c,C,3', 'd,"D, d",4', 'e,E,5'];
    const outcome = await readItems(csv(simple, ...lines));
    expect(outcome.found).toEqual(['3 Title UNCLOSED_QUOTE']);
    expect(outcome.problems[0]).toMatchObject({ externalReference: 'b' });
    expect(handlesOf(outcome)).toEqual(['a', 'c', 'd', 'e']);
  });

  test('the line on which an open quote was noticed is that of the file', async () => {
    const lines = ['a,"A,1', 'b,B,2', 'c,"C",3', 'd,"D,4', 'e,E,5', 'f,"F",6'];
    const { problems } = await readItems(csv(simple, ...lines));
    expect(
      problems.map(({ row, message }) => [row, /before (line \d+)/.exec(message)?.[1]]),
    ).toEqual([
      [2, 'line 4'],
      [5, 'line 7'],
    ]);
  });

  test('an open quote at the end is reported on the line where it began', async () => {
    const text = csv(simple, 'a,A,1', '"multi', 'b",B,2').replace('"multi\nb"', 'b');
    const outcome = await readItems(`${text}c,"C,3\nd,D,4\n\ne,E,5`);
    expect(outcome.found).toEqual(['4 - UNCLOSED_QUOTE']);
    expect(handlesOf(outcome)).toEqual(['a', 'b', 'd', 'e']);
    const last = await readItems(csv(simple, 'a,A,1', 'b,B,"2'));
    expect(last.found).toEqual(['3 - UNCLOSED_QUOTE']);
    expect(last.problems[0]?.message).toContain('to the end of the file');
    expect(handlesOf(last)).toEqual(['a']);
  });

  test('an open quote that a later record closes is found by the number of fields', async () => {
    const outcome = await readItems(csv(simple, 'a,"A,1', 'b,B,2', 'c,3"', 'd,D,4'));
    expect(outcome.found).toEqual(['2 - TOO_FEW_FIELDS', '4 Title MISPLACED_QUOTE']);
    expect(handlesOf(outcome)).toEqual(['b', 'd']);
  });

  test('an open quote that a later record closes well is found by the line ends in a title', async () => {
    const outcome = await readItems(csv(simple, 'a,"A,1', 'b,B,2', 'c,C",3', 'd,D,4'));
    expect(outcome.found).toEqual(['2 Title INVALID_CHARACTER']);
    expect(outcome.problems[0]?.message).toContain('lines 2 to 4');
    expect(handlesOf(outcome)).toEqual(['d']);
  });

  test('the pieces of a broken description never become products', async () => {
    const outcome = await readItems(
      csv(
        simple,
        'a,A,1',
        'b,"He said "yes"',
        'and big, red, 7',
        'no thanks, really, 8",2',
        'c,C,3',
      ),
    );
    expect(outcome.found).toEqual(['3 Title MISPLACED_QUOTE']);
    expect(outcome.problems[0]?.message).toContain('lines 3 to 5 were left out');
    expect(handlesOf(outcome)).toEqual(['a', 'c']);
  });

  test('a product that lost a line in the middle is not taken in part', async () => {
    const header = `${simple},Option1 Name,Option1 Value`;
    const outcome = await readItems(csv(header, 'a,A,1,Size,S', 'a,,2,,"M', 'a,,3,,L', 'b,B,4,,'));
    expect(outcome.found).toEqual(['3 - UNCLOSED_QUOTE']);
    expect(outcome.problems[0]).toMatchObject({ externalReference: 'a' });
    expect(handlesOf(outcome)).toEqual(['b']);
  });

  test('line numbers stay right after quoted line ends of every kind', async () => {
    const text = 'Handle,Title,Variant Price,Body (HTML)\r\na,A,1,"x\r\ny\r\n\r\nz"\r\n\r\nb,B,?,';
    expect((await readItems(text)).found).toEqual(['7 Variant Price INVALID_NUMBER']);
    expect((await readItems(text.replaceAll('\r\n', '\r'))).found).toEqual([
      '7 Variant Price INVALID_NUMBER',
    ]);
  });

  test('a file in which everything is broken is given up', async () => {
    const outcome = await readItems(
      csv(simple, ...Array(3_000).fill('a"b,c,d')),
      'SHOPIFY_CSV',
      9_999,
    );
    expect(outcome.found.at(-1)).toBe('1001 - TOO_MANY_BROKEN_RECORDS');
  });
});

describe('a file that is something else', () => {
  test('without its columns says which were found and which are needed', async () => {
    const { problems } = await readItems('Name;Handle;Preis\na;b;1\n');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ row: 1, code: 'MISSING_COLUMNS', column: null });
    expect(problems[0]?.message).toContain('"Handle" or "URL handle"');
    expect(problems[0]?.message).toContain('Name;Handle;Preis');
    expect(problems[0]?.message).toContain('semicolons');
    const some = await readItems('Handle,Name\na,b\n');
    expect(some.problems[0]?.message).toMatch(/no column "Title", "Variant Price" or "Price"/);
  });

  test('says so for UTF-16, workbooks, archives and nothing', async () => {
    const text = csv(simple, 'a,A,1');
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect((await readItems(utf16)).found).toEqual(['1 - NOT_UTF8']);
    expect((await readItems(Buffer.from(utf16).swap16())).found).toEqual(['1 - NOT_UTF8']);
    expect((await readItems(utf16.subarray(2))).found).toEqual(['1 - NOT_UTF8']);
    expect((await readItems('PK\u0003\u0004rest')).found).toEqual(['1 - NOT_TEXT']);
    for (const nothing of ['', '\n\n', '\ufeff', '\r\n']) {
      expect((await readItems(nothing)).found).toEqual(['1 - EMPTY_FILE']);
    }
  });

  test('with one column twice is not guessed at', async () => {
    const { found } = await readItems('Handle,URL handle,Title,Price\na,b,A,1\n');
    expect(found).toEqual(['1 - DUPLICATE_COLUMN']);
  });
});
