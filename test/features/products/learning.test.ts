import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server.close());

const price = { amount: '10', currencyCode: 'EUR' };
const create = `productCreate(input: { name: $name, price: { amount: "10", currencyCode: "EUR" } }) { product { id } userErrors { code } }`;

const add = (name: string) =>
  server.ask(owner, `mutation ($name: String!) { ${create} }`, { name });

async function words(like: string): Promise<string[]> {
  const rows = await server.asAdmin('select word from app.product_words where word like $1', [
    like,
  ]);
  return rows.map(({ word }) => String(word));
}

// Words that no other file says: what the process has learned of a business, in whichever clone, it takes for known.

test('a word is learned with the first product that has it, and once', async () => {
  await add('Vormaline bench');
  await add('Vormaline bench, long');
  expect(await words('vormaline')).toEqual(['vormaline']);
});

test('what was rolled back is learned when it comes again', async () => {
  const failing = await server.ask(
    owner,
    `mutation ($name: String!) { ${create} other: productUpdate(input: { id: "nonsense" }) { userErrors { code } } }`,
    { name: 'Quillaweb stool' },
  );
  expect(failing.body.errors).toBeDefined();
  expect(await words('quillaweb')).toEqual([]);
  await add('Quillaweb stool');
  expect(await words('quillaweb')).toEqual(['quillaweb']);
});

test('what a savepoint undid is learned when it comes again', async () => {
  const input = { name: 'Braddlefix shelf', price, sku: 'BRD-1' };
  const twice = await server.ask(
    owner,
    `mutation ($a: ProductCreateInput!, $b: ProductCreateInput!) {
       a: productCreate(input: $a) { userErrors { code } } b: productCreate(input: $b) { userErrors { code } } }`,
    { a: { name: 'Other shelf', price, sku: 'BRD-1' }, b: input },
  );
  expect(twice.body.data.b.userErrors).toEqual([{ code: 'SKU_TAKEN' }]);
  expect(await words('braddlefix')).toEqual([]);
  await add('Braddlefix shelf');
  expect(await words('braddlefix')).toEqual(['braddlefix']);
});

test('accents apart, a word is learned as it is looked up', async () => {
  await add('Zélandine');
  await add('Zelandine');
  expect(await words('z%landine')).toEqual(['zelandine']);
});
