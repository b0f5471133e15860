import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  await server.asAdmin('delete from app.product_words; delete from app.products');
  await fill('lumen', 1, 900);
  await fill('harbor', 1, 40);
});
afterAll(() => server.close());

/** None to eight tags each, more than 50 of them and of categories, many equally common; some have no category. */
async function fill(slug: string, from: number, to: number): Promise<void> {
  await server.asAdmin(
    `insert into app.products (tenant_id, id, name, price_amount, price_currency, category, condition, status, tags, created_at)
     select t.id, gen_random_uuid(), case when n % 5 = 0 then 'Sparse ' else 'Plain ' end || n, n % 97, 'EUR',
       case when n % 7 > 0 then (array['Zed', 'äpfel', 'apple', 'Apple'])[n % 4 + 1] || n % 30 end,
       (array['NEW', 'USED', 'REFURBISHED'])[n % 3 + 1], (array['ACTIVE', 'DRAFT'])[n % 2 + 1],
       array(select (array['new', 'New', 'ñew', '"q,{}', 't' || n * at % 71])[(n + at) % 5 + 1] from generate_series(1, n % 9) as at),
       timestamptz '2031-01-01' + n * interval '1 minute'
     from app.tenants t, generate_series(${from}, ${to}) as n where t.slug = '${slug}'`,
  );
}

const facets = `query ($search: String, $filter: ProductFilter) { products(search: $search, filter: $filter) { facets {
  complete categories { value count } conditions { value count } statuses { value count } tags { value count } } } }`;

async function ask(variables: object, token = owner) {
  const { body } = await server.ask(token, facets, variables);
  expect(body.errors).toBeUndefined();
  return body.data.products.facets;
}

/** The same, counted one by one among the newest 1 001 products. */
async function count(slug: string, condition: string) {
  const of = async (value: string) =>
    server.asAdmin(
      `select value, count(*)::int as count from (
         select p.* from app.products p join app.tenants t on t.id = p.tenant_id and t.slug = '${slug}'
         order by p.created_at desc, p.id desc limit 1001
       ) as p cross join lateral (${value}) as of (value)
       where ${condition} and value is not null group by value order by count(*) desc, value limit 50`,
    );
  return {
    categories: await of('select p.category'),
    conditions: await of('select p.condition'),
    statuses: await of('select p.status'),
    tags: await of('select unnest(p.tags)'),
  };
}

describe('facets', () => {
  test.each([
    ['all products', {}, 'true'],
    ['a filter', { filter: { price: { gte: '40' } } }, 'price_amount >= 40'],
    [
      'a filter by what is counted',
      { filter: { tags: { containsAny: ['t3', 'New'] }, category: { isNull: true } } },
      `tags && '{t3,New}' and category is null`,
    ],
    ['a filter that nothing passes', { filter: { price: { gt: '1000' } } }, 'false'],
    ['a search', { search: 'sparse' }, `name like 'Sparse%'`],
    [
      'a search and a filter',
      { search: 'sparse', filter: { status: { eq: 'DRAFT' } } },
      `name like 'Sparse%' and status = 'DRAFT'`,
    ],
    ['a search that finds nothing', { search: 'zzzzzz' }, 'false'],
  ])('are what is counted one by one: %s', async (_what, variables, condition) => {
    expect(await ask(variables)).toEqual({ complete: true, ...(await count('lumen', condition)) });
  });

  test("are a business's own", async () => {
    const other = await server.tokenOf('owner@harbor.example');
    for (const [variables, condition] of [
      [{}, 'true'],
      [{ search: 'sparse' }, `name like 'Sparse%'`],
    ] as const) {
      const own = { complete: true, ...(await count('harbor', condition)) };
      expect(await ask(variables, other)).toEqual(own);
    }
  });

  test('count tags however Postgres numbers them', async () => {
    for (const [n, tags] of ['[0:1]={t3,t4}', '[2:3]={t3,t4}', '{{t3},{t4}}', '{t3}'].entries()) {
      await server.asAdmin(`update app.products set tags = $1 where name = 'Sparse ' || $2::int`, [
        tags,
        5 * (n + 1),
      ]);
    }
    for (const [variables, condition] of [
      [{}, 'true'],
      [{ search: 'sparse' }, `name like 'Sparse%'`],
    ] as const) {
      expect(await ask(variables)).toEqual({
        complete: true,
        ...(await count('lumen', condition)),
      });
    }
  });

  test.each([
    ['all products', {}, 'true'],
    ['a filter', { filter: { price: { gte: '40' } } }, 'price_amount >= 40'],
  ])(
    'say from 1 001 products on that not all were counted: %s',
    async (_what, variables, condition) => {
      await server.asAdmin(`delete from app.products where created_at > '2031-01-01 15:00'`);
      await fill('lumen', 901, 1_000);
      expect(await ask(variables)).toEqual({
        complete: true,
        ...(await count('lumen', condition)),
      });
      for (const [from, to] of [
        [1_001, 1_001],
        [1_002, 1_010],
      ] as const) {
        await fill('lumen', from, to);
        const newest = await count('lumen', condition);
        expect(await ask(variables)).toEqual({ complete: false, ...newest });
      }
      expect((await ask({ search: 'sparse' })).complete).toBe(true);
      expect((await ask({ search: 'plain' })).complete).toBe(true);
    },
  );

  test('and the count of a search that too many products fit are those of the newest 1 001', async () => {
    await server.asAdmin(`delete from app.products where created_at > '2031-01-01 15:00'`);
    await fill('lumen', 901, 2_500);
    const newest = await count('lumen', `name like 'Plain%'`);
    expect(await ask({ search: 'plain' })).toEqual({ complete: false, ...newest });
    const { body } = await server.ask(
      owner,
      '{ products(search: "plain", first: 1) { totalCount totalCountPrecision nodes { name } } }',
      {},
    );
    expect(body.data.products).toEqual({
      totalCount: newest.statuses.reduce((sum, { count }) => sum + Number(count), 0),
      totalCountPrecision: 'AT_LEAST',
      nodes: [{ name: 'Plain 2499' }],
    });
  });
});
