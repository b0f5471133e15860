import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { decodeId } from '../../../src/lib/ids.ts';
import type { Answer } from '../../support/ask.ts';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// Products that one business makes at once share transactions, once they are counted in advance.

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const mutation = `mutation ($input: ProductCreateInput!) { productCreate(input: $input) {
  product { id name sku price { amount currencyCode } createdAt } userErrors { field code } } }`;

const create = (input: object, query = mutation, credential = owner): Promise<Answer> =>
  server.ask(credential, query, {
    input: { price: { amount: '1', currencyCode: 'EUR' }, ...input },
  });

const many = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));

interface Stored {
  readonly name: string;
  readonly xmin: string;
  readonly events: number;
  readonly leased: boolean;
}

/** Products by the beginning of their names, with the transaction that made them and their audit events. */
async function stored(prefix: string): Promise<Stored[]> {
  const rows = await server.asAdmin(
    `select p.name, p.xmin::text, count(a.id)::int as events, bool_and(a.quota_lease is not null) as leased
     from app.products p left join app.audit_events a
       on a.tenant_id = p.tenant_id and a.target_id = p.id and a.xmin = p.xmin
     where starts_with(p.name, $1) group by p.tenant_id, p.id`,
    [prefix],
  );
  return rows as unknown as Stored[];
}

/** Until units are leased, which the next products then use. */
beforeEach(async () => {
  let turn = 0;
  const isLeased = async () => {
    turn += 1;
    await many(10, (n) => create({ name: `Warm ${turn} ${n}` }));
    return (await stored(`Warm ${turn} `)).every(({ leased }) => leased);
  };
  await expect.poll(isLeased).toBe(true);
});

test('each is answered as if it were alone, with its own event in its transaction', async () => {
  const answers = await many(40, (n) => create({ name: `Together ${n}`, sku: `TOGETHER-${n}` }));
  for (const [n, { body }] of answers.entries()) {
    expect(body.data.productCreate).toEqual({
      product: {
        id: expect.any(String),
        name: `Together ${n}`,
        sku: `TOGETHER-${n}`,
        price: { amount: '1.00', currencyCode: 'EUR' },
        createdAt: expect.any(String),
      },
      userErrors: [],
    });
  }
  const rows = await stored('Together ');
  expect(rows).toHaveLength(40);
  expect(rows.every(({ events }) => events === 1)).toBe(true);
  const leased = rows.filter(({ leased }) => leased);
  expect(leased.length).toBeGreaterThan(0);
  expect(new Set(leased.map(({ xmin }) => xmin)).size).toBeLessThan(leased.length);
});

test('takes one round trip', async () => {
  const creating = () => create({ name: 'One round trip', id: randomUUID().toUpperCase() });
  expect(await roundTripsOf(server.database, creating)).toBe(1);
});

test('a SKU that is taken is refused to the one that wants it', async () => {
  const answers = await many(40, (n) =>
    create({ name: `Sku ${n}`, sku: n % 8 === 0 ? 'WANTED' : `FREE-${n}` }),
  );
  const refused = answers.flatMap(({ body }, n) =>
    body.data.productCreate.userErrors.map(({ code }: { code: string }) => `${n % 8} ${code}`),
  );
  expect(refused).toEqual(Array(4).fill('0 SKU_TAKEN'));
  const rows = await stored('Sku ');
  expect(rows).toHaveLength(36);
  expect(rows.every(({ events }) => events === 1)).toBe(true);
});

test('an answer is what a look at the product says afterwards, field by field', async () => {
  const product = `{ id name description sku price { amount currencyCode } category condition location stock status tags
    images { url alt } options { name values } metadata externalReference createdAt updatedAt
    variants { title sku options price { amount currencyCode } compareAtPrice { amount currencyCode } stock barcode imageUrl } }`;
  const full = {
    ...{ description: 'All of it', category: 'Lamps', condition: 'USED', location: 'A1' },
    ...{ status: 'DRAFT', tags: ['a', 'b'], metadata: { deep: { er: [1] } } },
    images: [{ url: 'https://example.com/a.png', alt: 'A' }],
    options: [{ name: 'Size', values: ['S', 'M'] }],
    variants: ['S', 'M'].map((size) => ({
      options: [{ name: 'Size', value: size }],
      price: '12.50',
      compareAtPrice: '15',
      stock: 3,
    })),
  };
  const answers = await many(12, (n) =>
    create(
      { name: `Full ${n}`, ...(n % 2 === 0 ? full : {}), externalReference: `full-${n}` },
      `mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product ${product} userErrors { code field message } } }`,
    ),
  );
  for (const { body } of answers) {
    expect(body.errors).toBeUndefined();
    expect(body.data.productCreate.userErrors).toEqual([]);
    const made = body.data.productCreate.product;
    const read = `query ($id: ID!) { product(id: $id) ${product} }`;
    expect((await server.ask(owner, read, { id: made.id })).body.data.product).toEqual(made);
  }
});

test('beside 60 that one business makes, another operation of it is answered, and nothing is lost', async () => {
  const all = many(60, (n) => create({ name: `Beside ${n}` }));
  const page = await server.ask(owner, '{ products(first: 1) { nodes { id } } }');
  expect(page.body.data.products.nodes).toHaveLength(1);
  const ids = (await all).map(({ body }) => decodeId(body.data.productCreate.product.id)?.uuid);
  const rows = await server.asAdmin(
    'select count(*)::int as n from app.products where id = any($1)',
    [ids],
  );
  expect(rows).toEqual([{ n: 60 }]);
});
