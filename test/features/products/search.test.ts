import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// Words that no other file says: see learning.test.ts.

let server: TestServer;
let owner: string;
let other: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  other = await server.tokenOf('owner@harbor.example');
  await create('Zephyrine reading lamp', { sku: 'ZQ-71', price: '50', category: 'Zlight' });
  await create('Lamp shade', {
    description: 'Fits the zephyrine.',
    price: '20',
    category: 'Zshade',
  });
  await create('Éclairage Zébrure', { price: '30' });
  await create('Tischquappe', { price: '10' });
  // More than can be ranked, in moments of threes, so that a page's end falls between equal ones.
  await server.asAdmin(
    `insert into app.products (tenant_id, id, name, sku, price_amount, price_currency, category, description, created_at)
     select t.id, gen_random_uuid(), 'Quorble ' || n, 'QB-' || n, n % 97, 'EUR', 'Bulk ' || n % 3,
            concat_ws(' ', case when n in (1486, 1491, 1493, 1494, 1495, 1496, 1497) then 'Jabberwock' end, case when n <= 400 then 'Galumph' end, case when n between 394 and 900 then 'Frabjous' end, case when n <= 400 and n % 2 = 0 then 'Uffish' end,
              case when n in (100, 200, 300, 1250, 1350, 1450) then 'Vexilloid' end, case when n % 60 = 0 then 'Trillium пергамент wok' when n % 60 = 30 then 'Trilobite перстень' end,
              case when n between 1194 and 1205 then 'Palimpsest' end),
            timestamptz '2030-01-01' + (n / 3) * interval '1 minute'
     from app.tenants t, generate_series(1, 1500) n where t.slug = 'lumen'`,
  );
});
afterAll(() => server.close());

async function create(
  name: string,
  { price, ...rest }: { price: string; sku?: string; category?: string; description?: string },
): Promise<void> {
  const answer = await server.ask(
    owner,
    'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { userErrors { message } } }',
    { input: { name, price: { amount: price, currencyCode: 'EUR' }, ...rest } },
  );
  expect(answer.body.data.productCreate.userErrors).toEqual([]);
}

const query = `query ($search: String, $filter: ProductFilter, $orderBy: ProductOrder, $first: Int, $after: String) {
  products(search: $search, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount totalCountPrecision nodes { id name price { amount } }
    facets { complete categories { value count } }
    pageInfo { hasNextPage endCursor } } }`;

async function find(search: string, rest: object = {}, token = owner) {
  const { body } = await server.ask(token, query, { search, ...rest });
  expect(body.errors).toBeUndefined();
  return body.data.products;
}
const names = async (search: string, rest?: object, token?: string): Promise<string[]> =>
  (await find(search, rest, token)).nodes.map(({ name }: { name: string }) => name);

describe('a product search', () => {
  test.each([
    ['a word', 'zephyrine reading'],
    ['a word as it is typed', 'zeph read'],
    ['a letter too few', 'zephyrne reading'],
    ['two letters that changed places', 'zepyhrine reading'],
    ['two first letters that changed places', 'ezphyrine reading'],
    ['a SKU', 'ZQ-71'],
    ['a SKU in small letters', 'zq-71'],
    ['words in any order, with what stands between them', '  Reading/ZEPHYRINE!! '],
  ])('finds a product by %s', async (_how, search) => {
    expect(await names(search)).toEqual(['Zephyrine reading lamp']);
  });

  test('accents do not matter on either side', async () => {
    expect(await names('zebrure')).toEqual(['Éclairage Zébrure']);
    expect(await names('zëbrúre éclair')).toEqual(['Éclairage Zébrure']);
  });

  test('takes the nearest of the words that a mistyped one may have meant', async () => {
    await create('Tarandel', { price: '1' });
    await create('Tarondel', { price: '1' });
    expect(await names('tarandell')).toEqual(['Tarandel']);
    expect(await names('tarundel')).toEqual(expect.arrayContaining(['Tarandel', 'Tarondel']));
  });

  test('takes a part of a word when no word begins so', async () => {
    expect(await names('quappe')).toEqual(['Tischquappe']);
  });

  test('a name counts for more than a description', async () => {
    expect(await names('zephyrine')).toEqual(['Zephyrine reading lamp', 'Lamp shade']);
    expect(await names('zephyrine', { orderBy: { key: 'PRICE', direction: 'ASC' } })).toEqual([
      'Lamp shade',
      'Zephyrine reading lamp',
    ]);
  });

  test('pages of the best matches follow each other, forwards and backwards', async () => {
    const all = (await find('lamp', { first: 100 })).nodes.map(({ id }: { id: string }) => id);
    expect(all.length).toBeGreaterThan(2);
    const forwards: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await find('lamp', { first: 1, after });
      forwards.push(...page.nodes.map(({ id }: { id: string }) => id));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(forwards).toEqual(all);
    const backwards: string[] = [];
    for (let before: string | null = null, more = true; more; ) {
      const { body } = await server.ask(
        owner,
        `query ($before: String) { products(search: "lamp", last: 1, before: $before) {
           nodes { id } pageInfo { hasPreviousPage startCursor } } }`,
        { before },
      );
      const page = body.data.products;
      backwards.unshift(...page.nodes.map(({ id }: { id: string }) => id));
      before = page.pageInfo.startCursor;
      more = page.pageInfo.hasPreviousPage;
    }
    expect(backwards).toEqual(all);
    const worst = await find('lamp', {
      first: 100,
      orderBy: { key: 'RELEVANCE', direction: 'ASC' },
    });
    expect(worst.nodes.map(({ id }: { id: string }) => id)).toEqual(all.toReversed());
  });

  test('the first page is the beginning of all that was found, whatever its size', async () => {
    const all = await names('quorble 14', { first: 100 });
    expect(all).toHaveLength(100);
    for (const first of [1, 20, 21, 25]) {
      const page = await find('quorble 14', { first });
      expect(page.nodes.map(({ name }: { name: string }) => name)).toEqual(all.slice(0, first));
      expect(page.pageInfo.hasNextPage).toBe(true);
    }
    const active = { filter: { status: { eq: 'ACTIVE' } } };
    expect(await names('quorble 14', active)).toEqual(all.slice(0, 20));
  });

  test('filters, counts and facets keep to what was found', async () => {
    const found = await find('zephyrine', { filter: { price: { gte: '30' } } });
    expect(found).toMatchObject({ totalCount: 1, totalCountPrecision: 'EXACT' });
    expect(found.facets).toEqual({
      complete: true,
      categories: [{ value: 'Zlight', count: 1 }],
    });
  });

  test('leaves out what Postgres’ parser takes for no word', async () => {
    const configuration = 'alter text search configuration pg_catalog.simple';
    await server.asAdmin(`${configuration} drop mapping for uint`);
    try {
      for (const search of ['zephyrine 77', '77 zephyrine', 'zephyrine 77 5']) {
        expect(await names(search)).toEqual(['Zephyrine reading lamp', 'Lamp shade']);
      }
      expect(await names('77')).toEqual([]);
    } finally {
      await server.asAdmin(`${configuration} add mapping for uint with simple`);
    }
  });

  test('another business finds nothing of it, also where a typo is looked up', async () => {
    expect(await names('zephyrine', {}, other)).toEqual([]);
    expect(await names('zephyrne', {}, other)).toEqual([]);
    expect(await names('quorble', {}, other)).toEqual([]);
    const text = '{ products(search: "quorble") { totalCount totalCountPrecision nodes { id } } }';
    const { body } = await server.ask(other, text, {});
    expect(body.data.products).toEqual({ totalCount: 0, totalCountPrecision: 'EXACT', nodes: [] });
  });

  test.each([
    '"',
    "' or 1=1 --",
    '!!!',
    '&|!:*()',
    '\\',
    '%_',
    '🦄🦄',
    'a:*&!b',
    '½²',
    '漢字',
    '1e9999',
    'http://a.b/c?d=e',
    '<->',
    '\u202e',
    'x '.repeat(100),
    'ÿ'.repeat(200),
    '-'.repeat(200),
    'ß'.repeat(200),
  ])('takes %j as words, and answers', async (search) => {
    await find(search);
  });

  test.each([
    ['x'.repeat(201), '"search" may have at most 200 characters; it has 201.'],
    ['word '.repeat(1_000), '"search" may have at most 200 characters; it has 4999.'],
    ['a\0b', '"search" may not contain a NUL character or half of a surrogate pair.'],
    ['\ud83e', '"search" may not contain a NUL character or half of a surrogate pair.'],
  ])('refuses %#: what is too long or cannot be stored', async (search, message) => {
    const { body } = await server.ask(owner, query, { search });
    expect(body.errors[0]).toMatchObject({ message, extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('what is asked of a search', () => {
  const page = 'nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
  const facets =
    'facets { complete categories { value count } conditions { value count } statuses { value count } tags { value count } }';
  const asking = (selection: string) => async (variables: object) => {
    const { body } = await server.ask(
      owner,
      `query ($search: String, $filter: ProductFilter, $after: String) { products(search: $search, filter: $filter, after: $after) { ${selection} } }`,
      variables,
    );
    expect(body.errors).toBeUndefined();
    return body.data.products;
  };
  const askPage = asking(page);
  const askCounted = asking(`totalCount totalCountPrecision ${page}`);
  const askFacets = asking(facets);
  const askAll = asking(`totalCount totalCountPrecision ${page} ${facets}`);

  test.each([
    ['a few', 'zephyrine'],
    ['more than a page', 'quorble 14'],
    ['more than can be ranked', 'quorb'],
    ['a typo', 'qourble'],
    ['a SKU', 'QB-700'],
    ['a rare word of a common one', 'quorb vexil'],
    ['nothing', 'zzzzzz'],
    ['no word', '!!!'],
  ])('is the same alone and together: %s', async (_what, search) => {
    const filter = { price: { gte: '30' } };
    const all = await askAll({ search });
    expect(all).toEqual({
      ...(await askPage({ search })),
      ...(await askFacets({ search })),
      totalCount: all.totalCount,
      totalCountPrecision: all.totalCountPrecision,
    });
    const { facets: _facets, ...counted } = all;
    expect(await askCounted({ search })).toEqual(counted);
    expect(await askFacets({ search, filter })).toEqual({
      facets: (await askAll({ search, filter })).facets,
    });
  });

  test.each(['quorble 14', 'quorb'])('goes on behind a cursor: %s', async (search) => {
    const first = await askPage({ search });
    const after = first.pageInfo.endCursor;
    const next = await askPage({ search, after });
    expect(await askAll({ search, after })).toMatchObject(next);
    const seen = [...first.nodes, ...next.nodes].map(({ name }: { name: string }) => name);
    expect(new Set(seen).size).toBe(40);
    expect(await askFacets({ search, after })).toEqual(await askFacets({ search }));
  });

  test('takes one round trip, a page with or without a count, or facets alone', async () => {
    const ways = [askPage, askCounted, askFacets];
    await Promise.all(ways.map((ask) => ask({ search: 'quorb' })));
    for (const ask of ways) {
      for (const search of ['zephyrine', 'quorb']) {
        expect(await roundTripsOf(server.database, () => ask({ search }))).toBe(1);
      }
    }
  });

  test.each([
    ['a page of -1', 'first: -1', '"first" must be between 0 and 100; -1 was given.'],
    ['facets of -1', 'first: -1', '"first" must be between 0 and 100; -1 was given.'],
    ['a page behind nothing', 'after: "x"', /is not a cursor of this list/],
    ['facets behind nothing', 'after: "x"', /is not a cursor of this list/],
  ])('is refused: %s', async (what, args, message) => {
    const selection = what.startsWith('facets') ? facets : page;
    const { body } = await server.ask(
      owner,
      `{ products(search: "quorb", ${args}) { ${selection} } }`,
      {},
    );
    expect(body.errors[0].message).toMatch(message);
  });
});

describe('a search that more products fit than can be ranked', () => {
  const all = async (
    rest: object,
  ): Promise<{ id: string; name: string; price: { amount: string } }[]> => {
    const rows: Awaited<ReturnType<typeof all>> = [];
    for (let after: string | null = null; ; ) {
      const page = await find('quorb', { first: 100, after, ...rest });
      rows.push(...page.nodes);
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) return rows;
    }
  };

  test('gives the newest first, all of them, each once', async () => {
    const rows = await all({});
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1_500);
    expect(rows).toHaveLength(1_500);
    const moments = rows.map(({ name }) => Math.floor(Number(name.split(' ')[1]) / 3));
    expect(moments).toEqual(moments.toSorted((a, b) => b - a));
  });

  test('gives them in another order, filtered, all of them, each once', async () => {
    const rows = await all({
      orderBy: { key: 'PRICE', direction: 'ASC' },
      filter: { category: { eq: 'Bulk 1' } },
    });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(500);
    const prices = rows.map(({ price }) => Number(price.amount));
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
  });

  test('counts among the newest thousand, and says so', async () => {
    const found = await find('quorb');
    expect(found.totalCountPrecision).toBe('AT_LEAST');
    expect(found.totalCount).toBeGreaterThan(900);
    expect(found.totalCount).toBeLessThanOrEqual(1_001);
    expect(found.facets.complete).toBe(false);
    expect(found.facets.categories.map(({ value }: { value: string }) => value).sort()).toEqual([
      'Bulk 0',
      'Bulk 1',
      'Bulk 2',
    ]);
  });

  test('rows that come and go between two pages neither hide nor repeat others', async () => {
    const first = await find('quorb', { first: 50 });
    await server.asAdmin(`update app.products set name = 'Gone' where name = $1`, [
      first.nodes[10].name,
    ]);
    await create('Quorble that came late', { price: '1' });
    const next = await find('quorb', { first: 50, after: first.pageInfo.endCursor });
    const seen = [...first.nodes, ...next.nodes].map(({ name }: { name: string }) => name);
    expect(new Set(seen).size).toBe(100);
    expect(seen).not.toContain('Quorble that came late');
    expect(await names('quorble that came')).toEqual(['Quorble that came late']);
  });

  test('a SKU among them is found alone', async () => {
    expect(await names('QB-700')).toEqual(['Quorble 700']);
  });

  test('a rare word and a common one find what has both', async () => {
    const found = await names('vexil 0');
    expect(found.toSorted()).toEqual(['Quorble 1350', 'Quorble 300']);
  });

  test('two words are ranked where few have both, and in a large catalogue come newest first', async () => {
    const found = [
      'Quorble 1450',
      'Quorble 1350',
      'Quorble 1250',
      'Quorble 300',
      'Quorble 200',
      'Quorble 100',
    ];
    expect(await find('quorb vexil')).toMatchObject({
      totalCount: 6,
      totalCountPrecision: 'EXACT',
    });
    expect(await find('galumph')).toMatchObject({ totalCount: 400, totalCountPrecision: 'EXACT' });
    // Half of the newest, and no others.
    const tag = (tags: string) =>
      server.asAdmin(
        `update app.products set tags = ${tags} where sku like 'QB-%' and substr(sku, 4)::int > 1200
         and substr(sku, 4)::int % 2 = 0`,
      );
    await tag(`array_append(tags, 'mimsy')`);
    expect(await find('mimsy')).toMatchObject({ totalCount: 150, totalCountPrecision: 'EXACT' });
    await tag(`array_remove(tags, 'mimsy')`);
    // Tens of thousands have each of two words, and some 700 both: the ends are those of 1 000 among 100 000.
    expect(await find('galumph frabj')).toMatchObject({
      totalCount: 7,
      totalCountPrecision: 'EXACT',
    });
    await server.asAdmin(
      `update app.products set id = overlay(id::text placing lpad(to_hex(substr(sku, 4)::int * 656 / 1000), 4, '0') from 33)::uuid
       where sku like 'QB-%'`,
    );
    expect((await find('galumph frabj')).totalCountPrecision).toBe('AT_LEAST');
    expect(await names('galumph frabj')).toHaveLength(7);
    // Millions of products would take an hour to make. These have the ends of the first thousand of so many, those
    // with the words asked for below before the others, and "jabberwock" none of them.
    await server.asAdmin(
      `update app.products set id = overlay(id::text placing
         case when description ~ 'Jabber' then 'ffff' when description <> '' then '0000' else '0001' end from 33)::uuid
       where sku like 'QB-%'`,
    );
    expect((await find('quorb vexil')).totalCountPrecision).toBe('AT_LEAST');
    expect(await names('quorb vexil')).toEqual(found);
    // A page alone is what was found.
    for (const search of ['quorb palim', 'palim']) {
      const { body } = await server.ask(
        owner,
        'query ($search: String) { products(search: $search) { nodes { name } } }',
        { search },
      );
      expect(body.data.products.nodes.map(({ name }: { name: string }) => name).sort()).toEqual(
        Array.from({ length: 12 }, (_, n) => `Quorble ${1194 + n}`),
      );
    }
    // What few have is rare, also of the newest. What only older ones have is common.
    for (const search of ['jabber', 'quorb jabber']) {
      const rare = await find(search);
      expect(rare).toMatchObject({ totalCount: 7, totalCountPrecision: 'EXACT' });
      expect(rare.nodes).toHaveLength(7);
    }
    const momentsOf = (numbers: number[]) => numbers.map((n) => Math.floor(n / 3));
    for (const search of ['galumph', 'uffish', 'galumph uffish', 'uffish quorb']) {
      const step = search.includes('uffish') ? 2 : 1;
      const older = momentsOf(Array.from({ length: 400 / step }, (_, n) => 400 - step * n));
      expect((await find(search)).totalCountPrecision).toBe('AT_LEAST');
      for (const first of [5, 20, 50]) {
        const numbers = (await names(search, { first })).map((name) => Number(name.split(' ')[1]));
        expect(momentsOf(numbers)).toEqual(older.slice(0, first));
      }
    }
    const trillium = Array.from({ length: 25 }, (_, n) => `Quorble ${1500 - 60 * n}`);
    // Beginnings of four letters, of three and of another script; more words than signatures are asked for.
    const alike = ['trill', 'wok', 'перг', 'quorb wok', 'quorb перг', 'trill wok пер quor bulk'];
    for (const search of ['quorb trill', ...alike]) {
      const page = await find(search);
      expect(page.totalCountPrecision).toBe('AT_LEAST');
      expect(page.nodes.map(({ name }: { name: string }) => name)).toEqual(trillium.slice(0, 20));
      expect(page.pageInfo.hasNextPage).toBe(true);
      const { endCursor: after } = page.pageInfo;
      expect(await names(search, { after })).toEqual(trillium.slice(20));
      const { body } = await server.ask(
        owner,
        'query ($search: String) { products(search: $search) { facets { complete categories { value count } } } }',
        { search },
      );
      expect(body.data.products.facets).toEqual(page.facets);
      expect(page.facets).toMatchObject({ complete: false });
      expect(await names(search, { first: 30 })).toEqual(trillium);
      expect(await names(search, { first: 3 })).toEqual(trillium.slice(0, 3));
    }
  });
});
