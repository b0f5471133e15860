import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeSigningKeys } from '../../src/auth/signingKeys.ts';
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
      usage: 'ok',
      mail: 'ok',
      redis: 'ok',
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

test('an empty data directory stays empty', async () => {
  const empty = await mkdtemp(path.join(tmpdir(), 'tenantry-doctor-'));
  const urls = { DATABASE_URL: '', APP_DATABASE_URL: '', OPERATOR_DATABASE_URL: '' };
  const { code, states } = await doctor({ ...urls, DATA_DIR: empty });
  expect([code, states.database]).toEqual([0, 'warning']);
  expect(await readdir(empty)).toEqual([]);
  await rm(empty, { recursive: true });
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

test('the mail server: reached and signed in at, refused, away, or silent', async () => {
  const smtp = await startSmtpSink();
  const mute = createServer((socket) => void socket.on('error', () => undefined));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const mailCheck = async (SMTP_URL: string) => {
    const { checks } = await doctor({ SMTP_URL });
    expect(JSON.stringify(checks)).not.toContain('canary');
    return checks.find(({ name }) => name === 'mail');
  };
  expect(await mailCheck(smtp.url)).toMatchObject({ state: 'ok' });
  expect(await mailCheck(smtp.url.replace('p%40ss', 'canary'))).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('sign in: '),
    fix: expect.stringContaining('password'),
  });
  const began = performance.now();
  for (const port of [1, (mute.address() as AddressInfo).port]) {
    expect(await mailCheck(`smtp://a:canary@127.0.0.1:${port}`)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining(`127.0.0.1:${port} cannot be reached: `),
      fix: expect.stringContaining('host and port'),
    });
  }
  expect(performance.now() - began).toBeLessThan(12_000);
  expect(smtp.taken).toEqual([]);
  mute.close();
  await smtp.close();
});

test('keys as jwt-keys leaves them: added, promoted, and one that nobody needs any more', async () => {
  const file = path.join(server.environment.DATA_DIR ?? '', 'jwt-keys.json');
  const first = await readFile(file, 'utf8');
  const keysCheck = async () => (await doctor()).checks.find(({ name }) => name === 'signing keys');
  const [old] = JSON.parse(first).keys;
  const added = await changeSigningKeys(first, { step: 'add' });
  const next = JSON.parse(added).keys[1];
  await writeFile(file, added);
  const signsAlone = `1 in ${file}: ${next.kid} signs, 0 days old.`;
  expect(await keysCheck()).toMatchObject({
    state: 'ok',
    message: `2 in ${file}: ${old.kid} signs, 0 days old; ${next.kid} only verifies.`,
  });
  const promoted = await changeSigningKeys(added, { step: 'promote', kid: next.kid });
  await writeFile(file, promoted);
  expect(await keysCheck()).toMatchObject({ state: 'ok' });
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(file, anHourAgo, anHourAgo);
  expect(await keysCheck()).toMatchObject({
    state: 'warning',
    fix: expect.stringContaining(`jwt-keys remove ${old.kid}`),
  });
  await writeFile(file, await changeSigningKeys(promoted, { step: 'remove', kid: old.kid }));
  expect(await keysCheck()).toMatchObject({ state: 'ok', message: signsAlone });
  // Two years ago, by the time in its kid.
  const aged = (Date.now() - 730 * 86_400_000).toString(16).padStart(12, '0');
  const kid = `${aged.slice(0, 8)}-${aged.slice(8)}-7000-8000-000000000000`;
  await writeFile(file, JSON.stringify({ keys: [{ ...next, kid }] }));
  expect(await keysCheck()).toMatchObject({
    state: 'warning',
    fix: expect.stringContaining('jwt-keys --help'),
  });
  await writeFile(file, first);
});
