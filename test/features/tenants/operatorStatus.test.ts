import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { permissions } from '../../../src/auth/permissions.ts';
import type { Actor } from '../../../src/auth/principal.ts';
import { type Database, openDatabase, type TenantTransaction } from '../../../src/db/database.ts';
import { operatorUrlFrom } from '../../../src/db/setup/serverRole.ts';
import { changeTenantPlan } from '../../../src/features/plans/tenantPlan.ts';
import { reactivateTenant, suspendTenant } from '../../../src/features/tenants/tenantStatus.ts';
import { findOwnTenant } from '../../../src/features/tenants/tenants.queries.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let operators: Database;
let lumen: string;
beforeAll(async () => {
  server = await startTestServer();
  operators = openDatabase({
    url: operatorUrlFrom(server.environment.DATABASE_URL ?? ''),
    applicationName: 'operator test',
    poolSize: 1,
    maxWaiting: 10,
    acquireTimeoutMs: 2_000,
    operationTimeoutMs: 10_000,
    closeTimeoutMs: 2_000,
    pipeline: true,
    namedStatements: true,
  });
  const [row] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  lumen = String(row?.id);
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

const operator: Actor = {
  kind: 'OPERATOR',
  id: null,
  name: 'Olga Operator',
  memberId: null,
  permissions: new Set(permissions),
  requestId: 'operator-test',
  ip: null,
  userAgent: null,
};

const to = (plan: string) => ({ plan, effective: 'NOW' as const, force: false });

const act = (work: (tx: TenantTransaction) => Promise<unknown>) =>
  operators.withTenant(lumen, { mode: 'write' }, work);
const create =
  'mutation { productCreate(input: { name: "X", price: { amount: "1", currencyCode: "EUR" } }) { product { id } userErrors { code } } }';

async function untilAnswer(wanted: (answer: unknown) => boolean): Promise<number> {
  const started = performance.now();
  for (;;) {
    const { body } = await server.ask(server.apiKey, create);
    if (wanted(body)) return performance.now() - started;
    if (performance.now() - started > 5_000) throw new Error(JSON.stringify(body));
    await setTimeout(5);
  }
}
const isWritten = (body: unknown) => JSON.stringify(body).includes('"id":"prd_');
const isSuspended = (body: unknown) => JSON.stringify(body).includes('TENANT_SUSPENDED');

test('a suspended business reads and writes nothing, within a second, until it is reactivated', async () => {
  await untilAnswer(isWritten);
  await act((tx) => suspendTenant(tx, operator, 'Unpaid since May.'));
  await act((tx) => suspendTenant(tx, operator, 'Again.'));
  expect(await untilAnswer(isSuspended)).toBeLessThan(1_000);
  const read = await server.ask(server.apiKey, '{ products(first: 1) { nodes { name } } }');
  expect(read.body.data.products.nodes).toHaveLength(1);
  await act((tx) => reactivateTenant(tx, operator));
  expect(await untilAnswer(isWritten)).toBeLessThan(1_000);
  const owner = await server.tokenOf('owner@lumen.example');
  const query =
    '{ auditEvents(first: 10, filter: { action: { in: ["tenant.suspended", "tenant.reactivated"] } }) { nodes { action actorKind actorName before after } } }';
  expect((await server.ask(owner, query)).body.data.auditEvents.nodes).toEqual([
    {
      action: 'tenant.reactivated',
      actorKind: 'OPERATOR',
      actorName: 'Olga Operator',
      before: { status: 'SUSPENDED' },
      after: { status: 'ACTIVE' },
    },
    {
      action: 'tenant.suspended',
      actorKind: 'OPERATOR',
      actorName: 'Olga Operator',
      before: { status: 'ACTIVE' },
      after: { status: 'SUSPENDED', reason: 'Unpaid since May.' },
    },
  ]);
});

test('a suspension is no way out of a trial, and a new plan is', async () => {
  await server.asAdmin(`update app.tenants set status = 'TRIAL' where id = $1`, [lumen]);
  await act((tx) => suspendTenant(tx, operator, null));
  expect(await act((tx) => reactivateTenant(tx, operator))).toMatchObject({ status: 'TRIAL' });
  await expect(act((tx) => changeTenantPlan(tx, operator, to('GOLD')))).rejects.toMatchObject({
    issues: [{ code: 'PLAN_UNKNOWN' }],
  });
  await act((tx) => changeTenantPlan(tx, operator, to('ENTERPRISE')));
  expect(await act(findOwnTenant)).toMatchObject([{ status: 'ACTIVE', plan: 'ENTERPRISE' }]);
});

test('the server’s own role cannot do it, whoever calls', async () => {
  for (const work of [
    (tx: TenantTransaction): Promise<unknown> => suspendTenant(tx, operator, null),
    (tx: TenantTransaction): Promise<unknown> => changeTenantPlan(tx, operator, to('BASIC')),
  ]) {
    const refused = server.database.withTenant(lumen, { mode: 'write' }, work);
    await expect(refused).rejects.toMatchObject({ sqlState: '42501' });
  }
});
