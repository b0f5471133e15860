import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { runHere } from './runHere.ts';
import { runTenantry } from './runTenantry.ts';

let server: TestServer;
const run = (...args: string[]) => runHere(server.environment, ...args);
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.close());

const products = '{ products(first: 1) { nodes { name } } }';

test('a business is made with its owner and a key that works, and once', async () => {
  const args = ['provision', 'orchard', '--name', 'Orchard', '--owner', 'ola@orchard.example'];
  const more = ['--plan', 'PREMIUM', '--scope', 'products:read', 'audit:read'];
  const made = await runTenantry(server.environment, ...args, ...more);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tnt_[\w-]{43}\n$/) });
  const secret = made.stdout.trim();
  expect(made.stderr).not.toContain(secret);
  expect((await server.ask(secret, products)).body.data.products.nodes).toHaveLength(1);
  const again = await json(...args, ...more);
  expect(again).toMatchObject({ slug: 'orchard', created: false, secret: null });
  expect(await run(...args.with(5, 'other@orchard.example'))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('has this slug'),
  });
  expect(await json('show', 'orchard')).toMatchObject({
    id: again.id,
    status: 'ACTIVE',
    plan: 'PREMIUM',
    health: { members: 1, settingsVersion: 1 },
  });
});

test('a refusal names the field that it is about', async () => {
  const args = ['provision', 'orchid', '--name', 'Orchid', '--owner', 'nobody@localhost'];
  expect(await run(...args)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'ownerEmail: It is no e-mail address, such as name@example.com.\n',
  });
});

test('businesses are listed by page and filter', async () => {
  const first = await json('list', '--limit', '1');
  const second = await json('list', '--limit', '1', '--after', first.next);
  expect(first.tenants[0].slug).not.toBe(second.tenants[0].slug);
  const found = await json('list', '--search', 'lümen');
  const none = await json('list', '--status', 'suspended');
  const table = await run('list');
  const wrong = await run('list', '--status', 'gone');
  expect(found).toMatchObject({ tenants: [{ slug: 'lumen' }], next: null });
  expect(none).toEqual({ tenants: [], next: null });
  expect(table.stdout).toMatch(/^SLUG +STATUS +PLAN +SINCE +NAME\n/);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
});

test('suspended, reactivated and moved to another plan, each within a second on a running server', async () => {
  const owner = await server.tokenOf('owner@harbor.example');
  const seen = async () => (await server.ask(owner, '{ tenant { status plan } }')).body.data.tenant;
  const { plan } = await seen();
  await json('suspend', 'harbor', '--reason', 'Unpaid');
  const soon = { timeout: 1_000, interval: 20 };
  await expect.poll(seen, soon).toEqual({ status: 'SUSPENDED', plan });
  await json('reactivate', 'harbor');
  expect((await json('plan', 'change', 'harbor', 'enterprise')).plan).toBe('ENTERPRISE');
  await expect.poll(seen, soon).toEqual({ status: 'ACTIVE', plan: 'ENTERPRISE' });
  const shown = await json('plan', 'show', 'harbor');
  expect(shown.meters).toContainEqual(
    expect.objectContaining({ meter: 'MEMBERS', limit: 10_000, used: expect.any(Number) }),
  );
  const refused = [
    await run('plan', 'change', 'harbor', 'gold'),
    await run('suspend', 'nobody', '--reason', 'r'),
    await run('suspend', 'harbor'),
  ];
  expect(refused.map(({ code }) => code)).toEqual([1, 1, 2]);
  expect(refused[1]?.stderr).toBe('There is no business "nobody".\n');
});

test('what is agreed beside a plan, and a change that waits or is forced', async () => {
  const why = ['--reason', 'As agreed'];
  const limit = ['plan', 'override', 'limit', 'harbor', 'members'];
  expect(await json(...limit, '1', ...why)).toMatchObject({ code: 'MEMBERS', limit: 1 });
  const granted = ['plan', 'override', 'grant', 'harbor', 'sso', ...why];
  expect(await run(...granted)).toMatchObject({
    code: 1,
    stderr: 'feature: There is no such feature.\n',
  });
  await json('plan', 'override', 'withhold', 'harbor', 'passkeys', '--expires', '7d', ...why);
  const refused = await run('plan', 'change', 'harbor', 'premium');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('PREMIUM allows 1') });
  await json('plan', 'change', 'harbor', 'premium', '--at-period-end');
  const shown = await json('plan', 'show', 'harbor');
  expect(shown).toMatchObject({ plan: 'ENTERPRISE', scheduled: { plan: 'PREMIUM' } });
  expect(shown.features).not.toContain('PASSKEYS');
  expect(shown.overrides).toHaveLength(2);
  expect((await run('plan', 'show', 'harbor')).stdout).toMatch(/PASSKEYS +withheld +20.*As agreed/);
  await json('plan', 'cancel', 'harbor');
  expect(await json('plan', 'change', 'harbor', 'premium', '--force')).toMatchObject({
    ...{ plan: 'PREMIUM', change: { previousPlan: 'ENTERPRISE' } },
  });
  await json('plan', 'override', 'remove', 'harbor', 'members');
  await json('plan', 'override', 'remove', 'harbor', 'passkeys');
  const after = await json('plan', 'show', 'harbor');
  expect(after).toMatchObject({ overrides: [], scheduled: null });
  expect((await run(...limit, 'many', ...why)).code).toBe(2);
});

test('what destroys is confirmed; a deletion has a grace, a purge leaves no row', async () => {
  await run('provision', 'fleeting', '--name', 'Fleeting', '--owner', 'f@fleeting.example');
  // A process of its own, which has no terminal.
  const refused = await runTenantry(server.environment, 'delete', 'fleeting');
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--yes') });
  expect((await json('show', 'fleeting')).status).toBe('TRIAL');
  const deleted = await json('delete', 'fleeting', '--yes', '--grace-days', '7');
  const days = (Date.parse(deleted.purgeAt) - Date.now()) / 86_400_000;
  expect([Math.round(days), deleted.removed]).toEqual([7, null]);
  expect((await json('show', 'fleeting')).status).toBe('DELETING');
  expect((await json('restore', 'fleeting')).status).toBe('TRIAL');
  expect((await json('restore', 'fleeting')).purgeAt).toBeNull();
  await json('delete', 'fleeting', '--yes', '--grace-days', '7');
  await server.asAdmin(`update app.tenants set purge_at = now() where slug = 'fleeting'`);
  expect(await run('restore', 'fleeting')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('grace is over'),
  });
  await server.asAdmin(
    `update app.tenants set purge_at = now() + interval '7 days' where slug = 'fleeting'`,
  );
  // Within its grace still, and removed all the same.
  const purged = await json('delete', 'fleeting', '--purge', '--yes');
  expect(purged.removed).toBeGreaterThan(5);
  expect(await run('show', 'fleeting')).toMatchObject({ code: 1 });
  const left = await server.asAdmin(
    `select slug from app.purged_tenants union all select slug from app.tenants where slug = 'fleeting'`,
  );
  expect(left).toEqual([{ slug: 'fleeting' }]);
});

test('an audit log is exported as the API exports it', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'tenantry-export-'));
  const file = path.join(dir, 'audit.jsonl');
  const owner = await server.tokenOf('owner@lumen.example');
  const [printed, written] = [
    await run('audit', 'export', '--tenant', 'lumen'),
    await run('audit', 'export', '--tenant', 'lumen', '--output', file),
  ];
  const served = await fetch(`${server.url}/exports/audit.jsonl`, {
    headers: { Authorization: `Bearer ${owner}` },
  });
  const text = await served.text();
  expect(printed).toEqual({ code: 0, stderr: '', stdout: text });
  expect(written).toEqual({ code: 0, stderr: '', stdout: '' });
  expect(await readFile(file, 'utf8')).toBe(text);
  const over = await run('audit', 'export', '--tenant', 'lumen', '--output', file);
  expect(over, 'no file is written over').toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^\S+audit\.jsonl cannot be written: EEXIST.*\n$/),
  });
  await rm(dir, { recursive: true });
});

test('operators are made, listed, locked out and let in; a password is shown once', async () => {
  const email = 'nora@tenantry.example';
  const signIn = async (password: string) => {
    const response = await fetch(`${server.url}/operator/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        query: `mutation { operatorSignIn(input: { email: "${email}", password: "${password}" }) { token } }`,
      }),
    });
    return (await response.json()).data.operatorSignIn.token !== null;
  };
  const made = await run('operators', 'create', '--email', email, '--name', 'Nora');
  const password = made.stdout.trim();
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{24}\n$/) });
  expect(await signIn(password)).toBe(true);
  expect(await run('operators', 'create', '--email', email, '--name', 'N')).toMatchObject({
    code: 1,
  });
  await json('operators', 'disable', email);
  expect(await signIn(password)).toBe(false);
  await json('operators', 'enable', email);
  const next = (await run('operators', 'password', email)).stdout.trim();
  expect([await signIn(password), await signIn(next)]).toEqual([false, true]);
  const listed = await json('operators', 'list');
  expect(listed).toMatchObject([{ email, name: 'Nora', disabledAt: null }]);
  expect(JSON.stringify(listed)).not.toMatch(/argon2|hash/i);
});

test('every command explains itself', async () => {
  const top = await run('--help');
  expect(top.stdout).toContain('Exit codes: 0');
  const commands = [...top.stdout.matchAll(/^ {2}([a-z]+) .*\S$/gm)].map(([, name]) => name ?? '');
  expect(commands).toEqual(expect.arrayContaining(['provision', 'list', 'doctor', 'operators']));
  for (const name of commands) {
    const { code, stdout } = await run(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: tenantry [\s\S]+\n\n[A-Z].+/);
  }
});
