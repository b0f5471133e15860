import { afterAll, beforeAll, expect, test } from 'vitest';
import { readExpiry } from '../../src/cli/expiry.ts';
import type { Run } from '../support/runProgram.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { runHere } from './runHere.ts';
import { runTenantry } from './runTenantry.ts';

let server: TestServer;
const keys = (...args: string[]): Promise<Run> =>
  runHere(server.environment, 'keys', ...args, '--tenant', 'lumen');

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const products = '{ products(first: 1) { nodes { name } } }';
const statusFor = async (secret: string) => (await server.ask(secret, products)).status;

test('a key made on the command line works at once, within its scopes, and ends at once when revoked', async () => {
  const create = ['keys', 'create', '--tenant', 'lumen', '--name', 'Till'];
  const made = await runTenantry(
    server.environment,
    ...create,
    ...['--scope', 'products:read', 'usage:read'],
  );
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tnt_[\w-]{43}\n$/) });
  expect(made.stderr).not.toContain(made.stdout.trim());
  const secret = made.stdout.trim();
  expect(await statusFor(secret)).toBe(200);
  const { body } = await server.ask(secret, '{ customers(first: 1) { nodes { name } } }');
  expect(body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'SCOPE' });

  const listed = JSON.parse((await keys('list', '--json')).stdout);
  expect(listed[0]).toMatchObject({ name: 'Till', revokedAt: null, expiresAt: null });
  expect(JSON.stringify(listed)).not.toMatch(/hash|tnt_[\w-]{5}/i);
  const { id } = listed[0];
  expect((await keys('list')).stdout).toMatch(new RegExp(`${id}\\s+Till\\s.*good.*products:read`));

  expect(await keys('revoke', id)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/revoked/),
  });
  // NOTIFY reaches the server's cache on a connection of its own.
  await expect.poll(() => statusFor(secret), { timeout: 1_000, interval: 20 }).toBe(401);
  expect(await keys('revoke', id), 'twice is once').toMatchObject({ code: 0 });

  const events = await server.asAdmin(
    `select action, actor_kind, actor_name, actor_id from app.audit_events
     where actor_name = 'Command line' order by occurred_at`,
  );
  const actor = { actor_kind: 'OPERATOR', actor_name: 'Command line', actor_id: null };
  expect(events).toEqual([
    { action: 'apiKey.created', ...actor },
    { action: 'apiKey.revoked', ...actor },
  ]);
});

test('an expiry is kept, and an answer in JSON has the secret', async () => {
  const run = await keys(
    'create',
    '--json',
    '--name',
    'N',
    '--scope',
    'usage:read',
    '--expires',
    '90d',
  );
  const { secret, expiresAt, scopes } = JSON.parse(run.stdout);
  const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000;
  expect([scopes, Math.round(days)]).toEqual([['usage:read'], 90]);
  expect(await statusFor(secret)).toBe(200);
  expect(run.stderr).toBe('');
});

test('a key is rotated: the new secret on stdout, the old one for as long as is said', async () => {
  const made = await keys('create', '--json', '--name', 'R', '--scope', 'products:read');
  const old = JSON.parse(made.stdout);
  const rotated = await keys('rotate', old.id, '--overlap', '30m');
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tnt_[\w-]{43}\n$/) });
  const secrets = [old.secret, rotated.stdout.trim()];
  expect(await Promise.all(secrets.map(statusFor))).toEqual([200, 200]);
  expect((await keys('list')).stdout).toMatch(new RegExp(`${old.id}\\s+R\\s.*rotated, until`));
  const [row] = await server.asAdmin(
    `select expires_at - now() between interval '29 minutes' and interval '30 minutes' as soon
     from app.api_keys where name = 'R' and rotated_to_id is not null`,
  );
  expect(row).toEqual({ soon: true });
});

test('what cannot be is refused in a sentence, with nothing on stdout: exit code 1, or 2 for a command that is none', async () => {
  const create = (...more: string[]) => keys('create', '--name', 'N', ...more);
  const refused = async (run: Promise<Run>, message: RegExp, code = 1) => {
    expect(await run).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) });
  };
  await refused(create('--scope', 'products:reed'), /no scope "products:reed".*products:read, /);
  await refused(create('--scope', 'apiKeys:write'), /no scope "apiKeys:write"/);
  await refused(create(), /--scope/, 2);
  await refused(create('--scope', 'usage:read', '--expires', 'soon'), /90d/, 2);
  const blank = keys('create', '--name', ' ', '--scope', 'usage:read');
  await refused(blank, /at least 1 character/);
  const unknown = 'key_01h455vb4pex5vsknk084sn02q';
  await refused(keys('rotate', unknown, '--overlap', 'soon'), /30m, 24h or 7d/, 2);
  await refused(keys('rotate', unknown, '--overlap', '8d'), /no API key/);
  await refused(keys('revoke', 'prd_01h455vb4pex5vsknk084sn02q'), /id of a key/, 2);
  await refused(keys('revoke', 'key_01h455vb4pex5vsknk084sn02q'), /no API key with this id/);
  const nobody = runHere(server.environment, 'keys', 'list', '--tenant', 'nobody');
  await refused(nobody, /^There is no business "nobody" in this database .*npm run db:seed.*\n$/);
});

test("another business's keys are neither listed nor revoked", async () => {
  const [row] = JSON.parse((await keys('list', '--json')).stdout);
  const harbor = (...args: string[]) =>
    runHere(server.environment, 'keys', ...args, '--tenant', 'harbor');
  expect((await harbor('list')).stdout).not.toContain(row.id);
  expect(await harbor('revoke', row.id)).toMatchObject({ code: 1, stdout: '' });
});

test('expiry: periods, dates to the end of their day, moments; nothing else', () => {
  const now = new Date('2026-02-27T10:00:00Z');
  const read = (text: string) => readExpiry(text, now).toISOString();
  expect(read('36h')).toBe('2026-02-28T22:00:00.000Z');
  expect(read('2w')).toBe('2026-03-13T10:00:00.000Z');
  expect(read('2026-02-28')).toBe('2026-02-28T23:59:59.999Z');
  expect(read('2026-03-01T12:00+02:00')).toBe('2026-03-01T10:00:00.000Z');
  for (const wrong of [
    '',
    '90',
    '-1d',
    '0d',
    '1.5d',
    '2026-02-31',
    '2026-02-26',
    '99999d',
    '3 May',
  ]) {
    expect(() => read(wrong), wrong).toThrow();
  }
});
