import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
let tenantId: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  const [tenant] = await server.asAdmin("select id from app.tenants where slug = 'lumen'");
  tenantId = String(tenant?.id);
});
afterAll(() => server.close());

const bulk = `mutation ($input: ProductBulkUpsertInput!) { productBulkUpsert(input: $input) {
  created updated unchanged userErrors { field code } } }`;
const importing = `mutation ($input: ProductImportInput!) { productImport(input: $input) {
  report { created updated unchanged failed problems { line code } } userErrors { code } } }`;

async function settled(query: string, input: object) {
  const { status, body } = await server.ask(owner, query, { input });
  if (status !== 200 || body.errors) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.data.productBulkUpsert ?? body.data.productImport;
}
const upsert = (products: object[]) => settled(bulk, { products });
const importLines = (products: object[], onError = 'ABORT') => {
  const content = products.map((product) => JSON.stringify(product)).join('\n');
  return settled(importing, { source: { content }, onError });
};

const price = { amount: '1.00', currencyCode: 'EUR' };
const product = (externalReference: string, more: object = {}) => ({
  externalReference,
  name: externalReference,
  price,
  ...more,
});
const range = (prefix: string, count: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) => product(`${prefix}-${index}`, more));
const stored = (prefix: string) =>
  server.asAdmin(
    `select external_reference, sku, name from app.products
     where tenant_id = $1 and external_reference like $2 || '-%' order by 1`,
    [tenantId, prefix],
  );

test('bulk upserts of the same products in opposite orders wait for each other and make no doubles', async () => {
  for (const name of ['first', 'second', 'third']) {
    const list = range('order', 200, { name });
    const other = list.toReversed().map((one) => ({ ...one, name: `${name} too` }));
    await Promise.all([upsert(list), upsert(other), upsert(list)]);
  }
  expect(await stored('order')).toHaveLength(200);
});

test('imports of the same file at once, whole and from its end, make no doubles', async () => {
  const list = range('file', 1_200);
  const reports = await Promise.all([importLines(list), importLines(list.toReversed())]);
  expect(reports.map(({ userErrors }) => userErrors)).toEqual([[], []]);
  expect(reports.map(({ report }) => report.created).sort()).toEqual([0, 1_200]);
  expect(await stored('file')).toHaveLength(1_200);
});

test('an exchange of two SKUs at once is refused row by row, and no SKU is there twice', async () => {
  await upsert([product('swap-1', { sku: 'A' }), product('swap-2', { sku: 'B' })]);
  const one = [product('swap-1', { sku: 'B' })];
  const two = [product('swap-2', { sku: 'A' })];
  const answers = await Promise.all([upsert(one), upsert(two), upsert([...one, ...two])]);
  for (const { userErrors } of answers) expect(userErrors[0]).toMatchObject({ code: 'SKU_TAKEN' });
  expect((await stored('swap')).map(({ sku }) => sku)).toEqual(['A', 'B']);
});

/** Ends when so many connections wait for a lock. */
async function blocked(count: number): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await server.asAdmin(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).length,
      { interval: 10 },
    )
    .toBe(count);
}

test('SKUs that others take between the look and the write become problems of their rows; the others stand', async () => {
  const skus = ['late-0', 'late-1', 'late-2', 'late-3'];
  const takers = skus.map((sku) => {
    const taker = server.database.operation(tenantId, { mode: 'write' });
    const written = taker.tx.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency, sku)
       values ($1, gen_random_uuid(), 'Taker', 1, 'EUR', $2)`,
      [tenantId, sku],
    );
    return { taker, written };
  });
  await Promise.all(takers.map(({ written }) => written));
  const list = [...skus, 'late-4'].map((sku) => product(sku, { sku }));
  const importing = importLines(list, 'SKIP');
  for (const { taker } of takers) {
    await blocked(1);
    await taker.commit();
  }
  const { report } = await importing;
  expect(report).toMatchObject({ created: 1, failed: 4 });
  expect(report.problems).toEqual([1, 2, 3, 4].map((line) => ({ line, code: 'SKU_TAKEN' })));
  expect(await stored('late')).toHaveLength(1);
});
