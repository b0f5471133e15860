import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityChannel } from '../../src/auth/identityChanges.ts';
import { startProxy, type TcpProxy } from '../db/support/proxy.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { startServerOn } from '../support/server.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

// Two server processes on one database, this one and another behind a proxy. What ends a right ends it on both
// within a second: nobody gets in with a request that began later than that.

let demo: DemoDatabase;
let proxy: TcpProxy;
let here: Awaited<ReturnType<typeof startServerOn>>;
let other: ServerProcess;
let urls: string[];
let owner: string;

beforeAll(async () => {
  demo = await createDemoDatabase();
  proxy = await startProxy(demo.serverUrl);
  const both = { NODE_ENV: 'test', PORT: '0', DATA_DIR: demo.dataDir, LOG_LEVEL: 'silent' };
  other = spawnServer({ ...both, APP_DATABASE_URL: proxy.urlFor(demo.serverUrl) });
  here = await startServerOn({ ...both, APP_DATABASE_URL: demo.serverUrl });
  urls = [here.url, await other.url];
  owner = await tokenAt(urls[0] ?? '', 'owner@lumen.example');
});
afterAll(async () => {
  await other?.end('SIGKILL');
  await here?.close();
  await proxy?.close();
  await demo?.close();
});

const rename =
  'mutation { customerUpsert(input: { phone: "+4915112345678" }) { customer { id } } }';

/** What a server says to a write: null when it is done, else why not. */
async function refusalAt(url: string, credential: string): Promise<string | null> {
  const { body } = await askAt(url, credential, rename);
  const extensions = body.errors?.[0].extensions;
  return extensions ? (extensions.reason ?? extensions.code) : null;
}

/** How long after the change, in ms, the last request began that each server still let through. */
async function lettingIn(
  credential: string,
  expected: string,
  change: () => Promise<unknown>,
): Promise<number[]> {
  // Three times, so that each has it in its cache.
  for (let time = 0; time < 3; time += 1) {
    for (const url of urls) expect(await refusalAt(url, credential)).toBeNull();
  }
  await change();
  const changedAt = performance.now();
  return Promise.all(
    urls.map(async (url) => {
      let last = 0;
      for (;;) {
        const began = performance.now() - changedAt;
        const refusal = await refusalAt(url, credential);
        if (refusal === expected) return last;
        expect(refusal).toBeNull();
        last = began;
        expect(last, 'still let in').toBeLessThan(1_000);
        // What is measured is hundreds of milliseconds; without a pause it costs three processors.
        await setTimeout(5);
      }
    }),
  );
}

/** Told by a notification, and not by the end of what is cached, which is 800 ms after the last look. */
const expectAtOnce = (delays: number[]) => expect(Math.min(...delays)).toBeLessThan(450);

async function makeKey(): Promise<{ id: string; secret: string }> {
  const { body } = await askAt(
    urls[0] ?? '',
    owner,
    'mutation { apiKeyCreate(input: { name: "K", scopes: ["customers:write"] }) { apiKey { id } secret } }',
  );
  const { apiKey, secret } = body.data.apiKeyCreate;
  return { id: apiKey.id, secret };
}

const onFirst = (text: string, id: string) => askAt(urls[0] ?? '', owner, text, { id });
const revoke = 'mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { apiKey { id } } }';
const end =
  'mutation ($id: ID!) { apiKeyRotate(input: { id: $id, overlapSeconds: 0 }) { secret } }';

/** As the code that will do it announces it: with its COMMIT. */
const announcing = (change: string, ...values: string[]) =>
  demo.admin.query(
    `with changed as (${change} returning id) select pg_notify('${identityChannel}', id::text) from changed`,
    values,
  );

const memberToken = (email: string) => tokenAt(urls[0] ?? '', email);

describe('while the servers hear of changes', () => {
  test('a revoked key, and one that was rotated without overlap', async () => {
    for (const text of [revoke, end]) {
      const { id, secret } = await makeKey();
      expectAtOnce(await lettingIn(secret, 'UNAUTHENTICATED', () => onFirst(text, id)));
    }
  });

  test('a changed role', async () => {
    const token = await memberToken('member@lumen.example');
    const change = `update app.members set role = 'VIEWER' where email = $1`;
    expectAtOnce(await lettingIn(token, 'ROLE', () => announcing(change, 'member@lumen.example')));
  });

  test('a removed member', async () => {
    const email = 'viewer@lumen.example';
    await announcing(`update app.members set role = 'MEMBER' where email = $1`, email);
    const token = await memberToken(email);
    const change = 'delete from app.members where email = $1';
    expectAtOnce(await lettingIn(token, 'UNAUTHENTICATED', () => announcing(change, email)));
  });

  test('a revoked session', async () => {
    const token = await memberToken('owner@harbor.example');
    const session = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
    const change = 'update app.sessions set revoked_at = now() where id = $1';
    expectAtOnce(await lettingIn(token, 'UNAUTHENTICATED', () => announcing(change, session)));
  });

  test('a suspended business', async () => {
    const token = await memberToken('owner@harbor.example');
    const change = `update app.tenants set status = $1 where slug = 'harbor'`;
    expectAtOnce(await lettingIn(token, 'TENANT_SUSPENDED', () => announcing(change, 'SUSPENDED')));
    await announcing(change, 'ACTIVE');
  });
});

describe('while a server cannot hear of changes', () => {
  test('for it is cut off: what was not even announced', async () => {
    proxy.judge = (piece) => (piece.includes('tenantry listen') ? 'reset' : 'pass');
    await demo.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'tenantry listen'`,
    );
    const { secret } = await makeKey();
    const forget = () =>
      demo.admin.query(
        `update app.api_keys set revoked_at = now() where revoked_at is null and name = 'K'`,
      );
    await lettingIn(secret, 'UNAUTHENTICATED', forget);
  });

  test('and after it hears again', async () => {
    proxy.judge = undefined;
    await expect.poll(listeners).toBe(2);
    const { id, secret } = await makeKey();
    expectAtOnce(await lettingIn(secret, 'UNAUTHENTICATED', () => onFirst(revoke, id)));
  });

  test('for its connection went silent, which it does not know', async () => {
    const { id, secret } = await makeKey();
    proxy.judge = (piece, direction) =>
      direction === 'toClient' && piece.includes(identityChannel) ? 'blackHole' : 'pass';
    await lettingIn(secret, 'UNAUTHENTICATED', () => onFirst(revoke, id));
  });
});

async function listeners(): Promise<number> {
  const { rows } = await demo.observer.query(
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'tenantry listen'`,
  );
  return rows.length;
}
