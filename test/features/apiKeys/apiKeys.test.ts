import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/auth/principal.ts';
import type { TenantTransaction } from '../../../src/db/database.ts';
import { createApiKey } from '../../../src/features/apiKeys/apiKeys.ts';
import { rotateApiKey } from '../../../src/features/apiKeys/rotateApiKey.ts';
import { decodeId, encodeId, newId } from '../../../src/lib/ids.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const keyFields =
  'id name prefix scopes permissions createdAt expiresAt revokedAt lastUsedAt rotatedTo { id }';

async function mutate(name: string, input: object, credential = owner) {
  const secret = /Create|Rotate/.test(name) ? 'secret' : '';
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input!`;
  const { body } = await server.ask(
    credential,
    `mutation ($input: ${type}) { ${name}(input: $input) { apiKey { ${keyFields} } ${secret} userErrors { code field } } }`,
    { input },
  );
  expect(body.errors).toBeUndefined();
  return body.data[name];
}

const create = (input: object = {}, credential?: string) =>
  mutate('apiKeyCreate', { name: 'Till', scopes: ['products:read'], ...input }, credential);
const rotate = (id: string, overlapSeconds?: number) =>
  mutate('apiKeyRotate', { id, overlapSeconds });
const statusFor = async (secret: string) =>
  (await server.ask(secret, '{ viewer { name } }')).status;
const readKey = async (id: string) => {
  const text = `query ($id: ID!) { apiKey(id: $id) { ${keyFields} } }`;
  return (await server.ask(owner, text, { id })).body.data.apiKey;
};
const codesOf = ({ userErrors }: { userErrors: { code: string }[] }) =>
  userErrors.map(({ code }) => code);
const inHours = (moment: string) => (Date.parse(moment) - Date.now()) / 3_600_000;

test('no scope is stored that was not looked at: a later version may know it', async () => {
  const padding = Array.from({ length: 100 }, () => 'products:read');
  const made = await create({ scopes: [...padding, 'nobody:knows'] });
  expect(made).toMatchObject({ apiKey: null, userErrors: [{ code: 'TOO_LONG' }] });
});

describe('rotating a key', () => {
  test('the new secret works at once, the old one until the overlap ends; both are listed', async () => {
    const old = await create({ scopes: ['products:write', 'usage:read'] });
    const made = await rotate(old.apiKey.id);
    expect(made.apiKey).toMatchObject({ name: 'Till', expiresAt: null, rotatedTo: null });
    expect(made.apiKey.createdAt > old.apiKey.createdAt).toBe(true);
    expect(made.apiKey.scopes).toEqual(['products:write', 'usage:read']);
    expect(made.secret).not.toBe(old.secret);
    expect([await statusFor(old.secret), await statusFor(made.secret)]).toEqual([200, 200]);

    const { body } = await server.ask(owner, `{ apiKeys(first: 2) { nodes { ${keyFields} } } }`);
    const [newest, before] = body.data.apiKeys.nodes;
    expect(newest.id).toBe(made.apiKey.id);
    expect(before).toMatchObject({ id: old.apiKey.id, rotatedTo: { id: made.apiKey.id } });
    expect(inHours(before.expiresAt)).toBeCloseTo(24, 1);
  });

  test('with no overlap the old one ends at once, cached or not', async () => {
    const old = await create();
    expect(await statusFor(old.secret)).toBe(200);
    const made = await rotate(old.apiKey.id, 0);
    await expect.poll(() => statusFor(old.secret), { timeout: 1_000, interval: 10 }).toBe(401);
    expect(await statusFor(made.secret)).toBe(200);
    expect((await readKey(old.apiKey.id)).permissions).toEqual([]);
  });

  test('the overlap lengthens nothing: an earlier end stays, and the new key keeps it', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const old = await create({ expiresAt });
    const made = await rotate(old.apiKey.id, 7 * 24 * 3_600);
    expect(made.apiKey.expiresAt).toBe(expiresAt);
    expect((await readKey(old.apiKey.id)).expiresAt).toBe(expiresAt);
  });

  test('what cannot be rotated is refused, and nothing is made', async () => {
    const count = async () =>
      (await server.asAdmin('select count(*)::int as count from app.api_keys'))[0]?.count;
    const [revoked, rotated, ended, good] = await Promise.all([
      create(),
      create(),
      create(),
      create(),
    ]);
    await mutate('apiKeyRevoke', { id: revoked.apiKey.id });
    await rotate(rotated.apiKey.id);
    await server.asAdmin('update app.api_keys set expires_at = now() where prefix = $1', [
      ended.apiKey.prefix,
    ]);
    const before = await count();
    expect(codesOf(await rotate(revoked.apiKey.id))).toEqual(['NOT_USABLE']);
    expect(codesOf(await rotate(rotated.apiKey.id))).toEqual(['ALREADY_ROTATED']);
    expect(codesOf(await rotate(ended.apiKey.id))).toEqual(['NOT_USABLE']);
    expect(codesOf(await rotate(encodeId('ApiKey', newId())))).toEqual(['NOT_FOUND']);
    for (const seconds of [-1, 7 * 24 * 3_600 + 1]) {
      expect(codesOf(await rotate(good.apiKey.id, seconds))).toEqual(['INVALID']);
    }
    expect(await count()).toBe(before);
  });

  test('of ten at once one wins', async () => {
    const { apiKey } = await create();
    const made = await Promise.all(Array.from({ length: 10 }, () => rotate(apiKey.id)));
    expect(made.filter(({ secret }) => secret !== null)).toHaveLength(1);
    expect(made.flatMap(codesOf)).toEqual(Array(9).fill('ALREADY_ROTATED'));
  });

  test('is in the audit log, with neither secret nor hash', async () => {
    const { apiKey } = await create();
    const made = await rotate(apiKey.id);
    const eventsOf = async (id: string) => {
      const text =
        'query ($id: ID!) { auditEvents(filter: { targetId: $id }) { nodes { action before after } } }';
      return (await server.ask(owner, text, { id })).body.data.auditEvents.nodes;
    };
    const [event] = await eventsOf(apiKey.id);
    expect(event).toMatchObject({
      action: 'apiKey.rotated',
      before: { expiresAt: null, rotatedToId: null },
      after: { rotatedToId: made.apiKey.id },
    });
    const { name, prefix, scopes } = made.apiKey;
    const after = { name, prefix, scopes, expiresAt: null, costPerMinute: null };
    expect(await eventsOf(made.apiKey.id)).toEqual([
      { action: 'apiKey.created', before: null, after },
    ]);
  });
});

describe('nobody grants more than they have', () => {
  test('whoever loses the role while making a key does not get it', async () => {
    const admin = await server.tokenOf('admin@lumen.example');
    const demoting = new Client({ connectionString: server.environment.DATABASE_URL });
    await demoting.connect();
    try {
      await demoting.query('begin');
      await demoting.query(
        `update app.members set role = 'VIEWER' where email = 'admin@lumen.example'`,
      );
      const making = create({ name: 'Too late' }, admin);
      await waitForLock();
      await demoting.query('commit');
      expect(codesOf(await making)).toEqual(['SCOPE_NOT_YOURS']);
      expect(await server.asAdmin(`select 1 from app.api_keys where name = 'Too late'`)).toEqual(
        [],
      );
    } finally {
      await demoting.end();
    }
  });

  test('whoever lacks a scope neither makes a key with it nor rotates one that has it', async () => {
    const { apiKey } = await create({ scopes: ['audit:read', 'usage:read'] });
    const [tenant] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
    const actor: Actor = {
      ...{ kind: 'USER', id: newId(), name: 'Keys only', memberId: null },
      ...{ permissions: new Set(['apiKeys:write', 'usage:read']), requestId: newId() },
      ...{ ip: null, userAgent: null },
    };
    const as = (work: (tx: TenantTransaction) => Promise<unknown>) =>
      server.database.withTenant(String(tenant?.id), { mode: 'write' }, work);
    const id = decodeId(apiKey.id)?.uuid ?? '';
    const refused = { issues: [{ code: 'SCOPE_NOT_YOURS' }] };
    const fields = { name: 'Mine', scopes: ['usage:read', 'audit:read'] };
    await expect(as((tx) => createApiKey(tx, actor, fields))).rejects.toMatchObject(refused);
    await expect(as((tx) => rotateApiKey(tx, actor, id))).rejects.toMatchObject(refused);
    await as((tx) => createApiKey(tx, actor, { name: 'Mine', scopes: ['usage:read'] }));
  });

  test('no key makes, renames, rotates or revokes keys, whatever it was given', async () => {
    const { apiKey, secret } = await create({ scopes: ['apiKeys:read'] });
    await server.asAdmin(`update app.api_keys set scopes = '{apiKeys:write}' where prefix = $1`, [
      apiKey.prefix,
    ]);
    const { body } = await server.ask(
      secret,
      'mutation ($id: ID!) { apiKeyRotate(input: { id: $id }) { secret } }',
      { id: apiKey.id },
    );
    expect(body.data).toBeNull();
    expect(body.errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      permission: 'apiKeys:write',
      reason: 'SCOPE',
      fix: expect.stringContaining('No API key can do this'),
    });
  });
});

describe('what a key shows', () => {
  test('its name can be changed; nothing else is', async () => {
    const { apiKey, secret } = await create();
    const changed = await mutate('apiKeyUpdate', { id: apiKey.id, name: ' Web shop ' });
    expect(changed.apiKey).toEqual({ ...apiKey, name: 'Web shop' });
    expect(codesOf(await mutate('apiKeyUpdate', { id: apiKey.id, name: ' ' }))).toEqual([
      'TOO_SHORT',
    ]);
    const named = async () =>
      (await server.ask(secret, '{ viewer { name } }')).body.data.viewer.name;
    await expect.poll(named, { timeout: 1_000, interval: 10 }).toBe('Web shop');
  });

  test('its effective permissions are what it is let do', async () => {
    const { apiKey, secret } = await create({ scopes: ['customers:write', 'usage:read'] });
    const permissions = ['customers:read', 'customers:write', 'usage:read'];
    expect(apiKey.permissions).toEqual(permissions);
    const { body } = await server.ask(secret, '{ viewer { permissions } }');
    expect(body.data.viewer.permissions).toEqual(permissions);
  });

  test("so are a member's", async () => {
    const text = '{ members(first: 100) { nodes { role permissions } } }';
    const { nodes } = (await server.ask(owner, text)).body.data.members;
    for (const { role, permissions } of nodes) {
      expect(permissions.includes('products:write'), role).toBe(role !== 'VIEWER');
      expect(permissions.includes('apiKeys:write'), role).toBe(['OWNER', 'ADMIN'].includes(role));
    }
  });

  test('when it was last used comes a moment later, and once a minute', async () => {
    const { apiKey, secret } = await create();
    expect(apiKey.lastUsedAt).toBeNull();
    const before = Date.now();
    await statusFor(secret);
    await expect
      .poll(async () => (await readKey(apiKey.id)).lastUsedAt, { timeout: 3_000, interval: 50 })
      .not.toBeNull();
    const { lastUsedAt } = await readKey(apiKey.id);
    expect(Math.abs(Date.parse(lastUsedAt) - before)).toBeLessThan(1_000);
  });
});

async function waitForLock(): Promise<void> {
  await expect
    .poll(() =>
      server.asAdmin(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    )
    .toHaveLength(1);
}
