import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  await server.asAdmin(`update app.products set description = repeat('x', 30000)
    where tenant_id = (select id from app.tenants where slug = 'lumen')`);
});
afterAll(() => server?.close());

const aliased = Array.from({ length: 40 }, (_, place) => `d${place}: description`).join(' ');

test.each([
  ['interpreted', 'A'],
  ['compiled', 'A'],
])('an answer that says the same text too often is refused, %s', async (_way, name) => {
  const { body } = await server.ask(
    owner,
    `query ${name} { products(first: 10) { nodes { ${aliased} } } }`,
  );
  expect(body.data).toBeNull();
  expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect(body.errors[0].message).toContain('ask for fewer rows');
});

test('so is a change whose answer would be, and nothing was changed', async () => {
  const products = Array.from({ length: 5 }, (_, place) => ({
    ...{ externalReference: `long-${place}`, name: 'Long', description: 'x'.repeat(30_000) },
    price: { amount: '1', currencyCode: 'EUR' },
  }));
  const upsert = (selection: string) =>
    server.ask(
      owner,
      `mutation ($input: ProductBulkUpsertInput!) { productBulkUpsert(input: $input) { products { ${selection} } userErrors { message } } }`,
      { input: { products } },
    );
  const { body } = await upsert(aliased);
  expect(body.data).toBeNull();
  expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  const made = `select 1 from app.products where external_reference like 'long-%'`;
  expect(await server.asAdmin(made)).toEqual([]);
  expect((await upsert('description')).body.data.productBulkUpsert.userErrors).toEqual([]);
  expect(await server.asAdmin(made)).toHaveLength(5);
});
