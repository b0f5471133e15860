import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { startSmtpSink } from '../support/smtpServer.ts';
import { runHere } from './runHere.ts';
import { runTenantry } from './runTenantry.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

interface Check {
  name: string;
  state: string;
  message: string;
  fix: string | null;
}
async function doctor(change: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runHere(
    { ...server.environment, ...change },
    'doctor',
    '--json',
  );
  expect(stderr).toBe('');
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: Check[] };
  expect(healthy).toBe(code === 0);
  return {
    code,
    checks,
    states: Object.fromEntries(checks.map(({ name, state }) => [name, state])),
  };
}

test('a sound installation: exit code 0, and every check says what it saw', async () => {
  const { code, states, checks } = await doctor();
  expect({ code, states }).toEqual({
    code: 0,
    states: {
      settings: 'ok',
      'signing keys': 'ok',
      mail: 'ok',
      database: 'ok',
      migrations: 'ok',
      clock: 'ok',
      isolation: 'ok',
      // Nobody has made one yet.
      operators: 'warning',
    },
  });
  for (const { state, fix } of checks) expect(fix === null).toBe(state === 'ok');
  const { code: plain, stdout } = await runTenantry(server.environment, 'doctor');
  expect(plain).toBe(0);
  expect(stdout).toMatch(/^ok {7}database +Postgres \d+/m);
  expect(stdout).toMatch(/^warning {2}operators .+\n +→ Run "npx tenantry operators create"/m);
});

test('a database that is away, or whose password is wrong, is said to be, and what to look at', async () => {
  const away = new URL(server.environment.DATABASE_URL ?? '');
  away.port = '1';
  const wrong = new URL(server.environment.DATABASE_URL ?? '');
  wrong.username = 'tenantry_server';
  wrong.password = 'canary';
  for (const change of [{ DATABASE_URL: away.href }, { APP_DATABASE_URL: wrong.href }]) {
    const { code, checks } = await doctor(change);
    const found = checks.find(({ name }) => name === 'database');
    expect(code).toBe(1);
    expect(found).toMatchObject({ state: 'failed', fix: expect.stringContaining('DATABASE_URL') });
    expect(JSON.stringify(checks)).not.toContain('canary');
  }
});

test('settings that are wrong, and keys that anybody may read', async () => {
  expect(await doctor({ PORT: 'many' })).toMatchObject({
    code: 1,
    checks: [{ name: 'settings', message: expect.stringContaining('PORT') }],
  });
  expect((await doctor({ JWT_PRIVATE_KEYS: '{}' })).states['signing keys']).toBe('failed');
  const file = path.join(server.environment.DATA_DIR ?? '', 'jwt-keys.json');
  await chmod(file, 0o644);
  const { code, checks } = await doctor();
  expect(code).toBe(1);
  expect(checks.find(({ name }) => name === 'signing keys')).toMatchObject({
    state: 'failed',
    fix: `Run "chmod 600 ${file}".`,
  });
  await chmod(file, 0o600);
});

test('a mail server that lets us in, that does not, and that is away; no mail is sent', async () => {
  const sink = await startSmtpSink();
  const mailOf = async (url: string) => {
    const { code, checks } = await doctor({ SMTP_URL: url });
    return { code, ...checks.find(({ name }) => name === 'mail') };
  };
  try {
    expect(await mailOf(sink.url)).toMatchObject({ code: 0, state: 'ok' });
    const wrong = sink.url.replace('p%40ss', 'canary');
    expect(wrong).not.toBe(sink.url);
    const refused = await mailOf(wrong);
    expect(refused).toMatchObject({ code: 1, state: 'failed' });
    expect(JSON.stringify(refused)).not.toContain('canary');
    expect(sink.offered).toEqual([]);
  } finally {
    await sink.close();
  }
  expect(await mailOf(sink.url)).toMatchObject({
    code: 1,
    state: 'failed',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a table that is open, an operator’s role that can do more, a database of another version', async () => {
  await server.asAdmin(
    'create policy leak on app.products for select to tenantry_server using (true)',
  );
  const open = await doctor();
  expect(open.code).toBe(1);
  expect(open.checks.find(({ name }) => name === 'isolation')).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('app.products'),
  });
  await server.asAdmin('drop policy leak on app.products');
  // The administrator is no operator: it bypasses row-level security.
  const beyond = { OPERATOR_DATABASE_URL: server.environment.DATABASE_URL ?? '' };
  expect((await doctor(beyond)).states.operators).toBe('failed');
  await server.asAdmin(`comment on schema app is 'tenantry of another version'`);
  const { states } = await doctor();
  expect(states).toMatchObject({ migrations: 'failed', isolation: 'ok' });
  const [stamp] = await server.asAdmin(`select obj_description('app'::regnamespace) as stamp`);
  expect(stamp, 'doctor does not migrate').toEqual({ stamp: 'tenantry of another version' });
});
