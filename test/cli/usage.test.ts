import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { runHere } from './runHere.ts';

let server: TestServer;
const reconcile = (...args: string[]) => runHere(server.environment, 'usage', 'reconcile', ...args);
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

test('counters, ledger and rows are compared, and set right', async () => {
  const good = {
    code: 0,
    stdout: 'Every counter is what its ledger and its rows say.\n',
    stderr: '',
  };
  expect(await reconcile()).toEqual(good);
  // Past the server: rows that nobody counted, and a counter without rows.
  await server.asAdmin(
    `insert into app.products (tenant_id, id, name, price_amount, price_currency)
     select t.id, gen_random_uuid(), 'Uncounted', 1, 'EUR' from app.tenants t, generate_series(1, 3)
     where t.slug = 'lumen'`,
  );
  await server.asAdmin(
    `update app.usage_slots s set used = used + 7 from app.tenants t
     where t.id = s.tenant_id and t.slug = 'harbor' and s.meter = 'CONVERSATIONS_PER_MONTH'`,
  );
  const found = await reconcile('--json');
  const { drifts } = JSON.parse(found.stdout);
  expect(found.code).toBe(1);
  expect(drifts).toHaveLength(2);
  expect(drifts).toContainEqual(
    expect.objectContaining({
      tenant: 'lumen',
      meter: 'PRODUCTS',
      counted: 200,
      ledger: 200,
      stored: 203,
    }),
  );
  const doctor = await runHere(server.environment, 'doctor', '--json');
  expect(JSON.parse(doctor.stdout).checks).toContainEqual(
    expect.objectContaining({ name: 'usage', state: 'warning' }),
  );
  expect((await reconcile('--tenant', 'lumen', '--fix')).stdout).toContain('All of it was mended.');
  expect((await reconcile()).stdout).toMatch(/^BUSINESS.*\nharbor .*\nRun it with --fix/);
  expect((await reconcile('--fix')).code).toBe(0);
  expect(await reconcile()).toEqual(good);
});

test('what a business has used, how it was served, and who leads', async () => {
  const owner = await server.tokenOf('owner@lumen.example');
  for (let turn = 0; turn < 5; turn += 1) await server.ask(owner, '{ tenant { name } }');
  const top = async (...args: string[]) => {
    const { code, stdout } = await runHere(server.environment, 'usage', 'top', '--json', ...args);
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };
  await expect
    .poll(() => top())
    .toContainEqual(
      expect.objectContaining({ tenant: 'lumen', operations: 5, errorRate: '0.0000', refused: 0 }),
    );
  expect(await top('--by', 'server-faults', '--hours', '72')).toEqual([]);
  const show = (...args: string[]) =>
    runHere(server.environment, 'usage', 'show', '--tenant', 'lumen', ...args);
  expect(JSON.parse((await show('--json')).stdout)).toMatchObject({
    tenant: 'lumen',
    activity: { operations: 5 },
  });
  expect((await show()).stdout).toMatch(/^METER +USED.+\nOPERATIONS +ERROR RATE.+\n5 +0\.0000/s);
  expect((await runHere(server.environment, 'usage', 'top', '--hours', '73')).code).toBe(2);
});
