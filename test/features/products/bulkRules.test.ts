import { afterAll, beforeAll, expect, test } from 'vitest';
import { permissions } from '../../../src/auth/permissions.ts';
import type { Actor } from '../../../src/auth/principal.ts';
import { ImportAborted, importProducts } from '../../../src/features/products/importProducts.ts';
import { newId } from '../../../src/lib/ids.ts';
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
  created userErrors { field code } } }`;
const price = { amount: '1.00', currencyCode: 'EUR' };
const product = (externalReference: string, more: object = {}) => ({
  externalReference,
  name: externalReference,
  price,
  ...more,
});
const upsert = async (products: object[]) =>
  (await server.ask(owner, bulk, { input: { products } })).body.data.productBulkUpsert;
const stored = (prefix: string) =>
  server.asAdmin(
    `select external_reference from app.products
     where tenant_id = $1 and external_reference like $2 || '-%' order by 1`,
    [tenantId, prefix],
  );
const audited = (action: string) =>
  server.asAdmin(
    'select actor_name, after from app.audit_events where tenant_id = $1 and action = $2 order by occurred_at, id',
    [tenantId, action],
  );

const operator: Actor = {
  kind: 'OPERATOR',
  id: null,
  name: 'Rules',
  memberId: null,
  permissions: new Set(permissions),
  requestId: newId(),
  ip: null,
  userAgent: null,
};

/** As the command line does it: a transaction a batch. */
async function importLines(products: object[], onError: 'SKIP' | 'ABORT' = 'ABORT') {
  const bytes = Buffer.from(products.map((one) => JSON.stringify(one)).join('\n'));
  return importProducts({
    input: new Blob([bytes]).stream(),
    format: 'JSONL',
    onError,
    actor: operator,
    inTransaction: (work) => server.database.withTenant(tenantId, { mode: 'write' }, work),
  });
}

test('more than 500 products at once are refused, and 500 are not', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => product(`many-${i}`));
  const { userErrors } = await upsert(many(501));
  expect(userErrors).toEqual([{ field: ['input', 'products'], code: 'TOO_LONG' }]);
  expect(await stored('many')).toHaveLength(0);
  expect(await upsert(many(500))).toMatchObject({ created: 500, userErrors: [] });
});

test('what is written in bulk is audited, once a batch, and what changes nothing is not', async () => {
  await upsert([product('audit-1'), product('audit-2')]);
  await upsert([product('audit-1'), product('audit-2')]);
  const [upserted] = (await audited('products.upserted')).slice(-1);
  expect(upserted).toMatchObject({ after: { created: 2, updated: 0, unchanged: 0 } });
  await importLines([product('audit-3')]);
  await importLines([product('audit-3')]);
  expect(await audited('products.imported')).toEqual([
    { actor_name: 'Rules', after: { created: 1, updated: 0, unchanged: 0, failed: 0 } },
  ]);
});

test('under ABORT nothing of a batch is written when only the catalogue shows its problem', async () => {
  await upsert([product('holder-1', { sku: 'held' })]);
  const lines = [product('stop-1'), product('stop-2', { sku: 'held' })];
  const stopped = await importLines(lines).catch((error: unknown) => error);
  expect(stopped).toBeInstanceOf(ImportAborted);
  expect((stopped as ImportAborted).report).toMatchObject({ created: 0, problemCount: 1 });
  expect(await stored('stop')).toEqual([]);
  expect(await importLines(lines, 'SKIP')).toMatchObject({ created: 1, failed: 1 });
});

test('a new product without a currency is a problem of its line; one that is there keeps its own', async () => {
  const bare = (reference: string) => product(reference, { price: { amount: '2.00' } });
  await upsert([product('bare-1')]);
  const report = await importLines([bare('bare-1'), bare('bare-2')], 'SKIP');
  expect(report).toMatchObject({ updated: 1, created: 0, failed: 1 });
  expect(report.problems).toMatchObject([{ row: 2, code: 'CURRENCY_MISSING' }]);
});
