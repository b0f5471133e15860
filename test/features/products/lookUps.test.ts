import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTripsOf } from '../../support/roundTrips.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// A product by its id is read with the columns that are asked for, in one statement for all of an
// operation. Whatever is asked for together, each must answer what it answers alone.

const fields = [
  'name description sku price { amount currencyCode } category condition location stock status tags',
  'images { url } options { name } variants { sku price { amount } } metadata externalReference',
  'createdAt updatedAt',
];

let server: TestServer;
let owner: string;
let listed: { id: string; name: string; sku: string | null }[];

const ask = async (query: string, variables: object = {}) => {
  const { body } = await server.ask(owner, query, variables);
  expect(body.errors).toEqual(undefined);
  return body.data;
};

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  const data = await ask(`{ products(first: 5) { nodes { id ${fields.join(' ')} } } }`);
  listed = data.products.nodes;
});
afterAll(() => server?.close());

describe('a product by its id', () => {
  test.each(fields.join(' ').match(/\w+(?: \{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?/g) ?? [])(
    'has the same %s as in a list',
    async (selection) => {
      for (const { id } of listed) {
        const { product, node, products } = await ask(
          `query ($id: ID!) {
            product(id: $id) { ${selection} }
            node(id: $id) { ... on Product { ${selection} } }
            products(first: 5) { nodes { id ${selection} } }
          }`,
          { id },
        );
        const { id: _id, ...row } = products.nodes.find((each: { id: string }) => each.id === id);
        expect(product).toEqual(row);
        expect(node).toEqual(row);
      }
    },
  );

  test('reads what a second selection asks for that was left out the time before', async () => {
    const [{ id, name, sku } = { id: '', name: '', sku: null }] = listed;
    const query = `query ($id: ID!, $all: Boolean!) {
      product(id: $id) { id }
      ...All @include(if: $all)
      products(first: 1) { nodes { id } }
    }
    fragment All on Query { product(id: $id) { name sku } products(first: 1) { nodes { name sku } } }`;
    for (const all of [false, true, false, true]) {
      const row = all ? { id, name, sku } : { id };
      expect(await ask(query, { id, all })).toEqual({ product: row, products: { nodes: [row] } });
    }
  });

  test('is asked for beside others, each with fields of its own, in one round trip', async () => {
    const [one, other] = listed.map(({ id }) => id);
    const query = `query ($one: ID!, $other: ID!, $none: ID!) {
      first: product(id: $one) { name }
      again: product(id: $one) { id sku price { amount } }
      second: product(id: $other) { id status createdAt }
      byReference: productBy(reference: { id: $other }) { name }
      nobody: product(id: $none) { name tags }
    }`;
    const variables = { one, other, none: 'prd_0123456789abcdefghjkmnpqrs' };
    const alone = async (id: string | undefined, selection: string) =>
      (await ask(`query ($id: ID!) { product(id: $id) { ${selection} } }`, { id })).product;
    expect(await ask(query, variables)).toEqual({
      first: await alone(one, 'name'),
      again: await alone(one, 'id sku price { amount }'),
      second: await alone(other, 'id status createdAt'),
      byReference: await alone(other, 'name'),
      nobody: null,
    });
    expect(await roundTripsOf(server.database, () => ask(query, variables))).toBe(1);
  });
});
