import '../../../src/features/products/productBatches.graphql.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const bulk = `mutation ($input: ProductBulkUpsertInput!) { productBulkUpsert(input: $input) {
  created updated unchanged products { name status stock } userErrors { field code } } }`;
const run = async (products: object[]) => {
  const { body } = await server.ask(owner, bulk, { input: { products } });
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return body.data.productBulkUpsert;
};
const price = { amount: '20.00', currencyCode: 'EUR' };
const one = (externalReference: string, more = {}) => ({
  externalReference,
  name: `Lamp ${externalReference}`,
  price,
  ...more,
});

test('bulk: adds, changes only what is given, leaves the rest', async () => {
  const variants = [{ price: '3', options: [{ name: 'Size', value: 'M' }] }];
  const rich = one('b1', { sku: 'b-1', status: 'ARCHIVED', stock: 4, variants });
  expect(await run([rich, one('b2')])).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
  expect(await run([rich, one('b2', { name: 'New' }), one('b3')])).toMatchObject({
    created: 1,
    updated: 1,
    unchanged: 1,
  });
  const again = await run([one('b1', { name: 'Renamed' })]);
  expect(again.products).toEqual([{ name: 'Renamed', status: 'ARCHIVED', stock: 4 }]);
});

test('bulk: all or nothing, with the place of each error', async () => {
  await run([one('c1', { sku: 'c-1' })]);
  const answer = await run([
    one('c2'),
    one('c3', { sku: 'c-1' }),
    one('c2'),
    one('c4', { sku: 'c-4' }),
    one('c5', { sku: 'c-4' }),
  ]);
  expect(answer.userErrors).toEqual([
    { field: ['input', 'products', '1', 'sku'], code: 'SKU_TAKEN' },
    { field: ['input', 'products', '2', 'externalReference'], code: 'REFERENCE_REPEATED' },
    { field: ['input', 'products', '4', 'sku'], code: 'SKU_TAKEN' },
  ]);
  expect(await run([one('c2')])).toMatchObject({ created: 1 });
  expect((await run([one('c6', { name: '' })])).userErrors).toEqual([
    { field: ['input', 'products', '0', 'name'], code: 'TOO_SHORT' },
  ]);
});

const importing = `mutation ($input: ProductImportInput!) { productImport(input: $input) {
  report { rows created updated unchanged failed problemCount problems { line column code } }
  userErrors { code message } } }`;
const lines = [
  '{"externalReference":"d1","name":"One","price":"1.00"}',
  '{"externalReference":"d2","name":"Two","price":"-1"}',
  '{"externalReference":"d3","name":"Three","price":"3","sku":"d-3"}',
  '{"externalReference":"d4","name":"Four","price":"4","sku":"d-4"}',
].join('\n');

test('import: ABORT changes nothing, SKIP leaves out, again makes no doubles', async () => {
  const go = async (onError: string) => {
    const input = { source: { content: lines }, onError, currency: 'EUR' };
    const { body } = await server.ask(owner, importing, { input });
    if (body.errors) throw new Error(JSON.stringify(body.errors));
    return body.data.productImport;
  };
  await run([one('holder', { sku: 'd-4' })]);
  const aborted = await go('ABORT');
  expect(aborted.report).toBeNull();
  expect(aborted.userErrors[0]).toMatchObject({ code: 'IMPORT_FAILED' });
  const counts = { rows: 4, failed: 2, problemCount: 2, updated: 0 };
  expect((await go('SKIP')).report).toMatchObject({ ...counts, created: 2, unchanged: 0 });
  const { report } = await go('SKIP');
  expect(report).toMatchObject({ ...counts, created: 0, unchanged: 2 });
  expect(report.problems).toMatchObject([
    { line: 2 },
    { line: 4, column: 'sku', code: 'SKU_TAKEN' },
  ]);
});
