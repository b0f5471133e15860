import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../src/app/logger.ts';
import { type RunningServer, startServer } from '../../src/app/server.ts';
import { openWorkplace } from '../../src/app/workplace.ts';
import { makeSigningKeys } from '../../src/auth/signingKeys.ts';
import { loadConfig } from '../../src/config.ts';
import { runTenantry } from '../cli/runTenantry.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let first: TestServer;
let dataDir: string;
let environment: Record<string, string>;

beforeAll(async () => {
  first = await startTestServer();
  dataDir = await mkdtemp(path.join(tmpdir(), 'tenantry-keys-'));
  await cp(first.environment.DATA_DIR ?? '', dataDir, { recursive: true });
  environment = { ...first.environment, DATA_DIR: dataDir };
});
afterAll(async () => {
  await first?.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A server that starts with the keys as they are now, beside the first. */
async function withServer<T>(work: (server: RunningServer) => Promise<T>): Promise<T> {
  const config = loadConfig(environment);
  const logger = createLogger('silent');
  const workplace = await openWorkplace(config, logger);
  const server = await startServer(config, workplace, logger);
  try {
    return await work(server);
  } finally {
    await server.close();
    await workplace.close();
  }
}

const statusAt = async (url: string, token: string) =>
  (await askAt(url, token, '{ tenant { slug } }')).status;
const publishedAt = async (url: string): Promise<string[]> => {
  const set = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string; d?: string }[];
  };
  expect(set.keys.filter(({ d }) => d !== undefined)).toEqual([]);
  return set.keys.map(({ kid }) => kid);
};
const jwtKeys = (...args: string[]) => runTenantry(environment, 'jwt-keys', ...args);

test('a key is added, promoted and removed; tokens of the old one are good until it is removed', async () => {
  const email = 'owner@lumen.example';
  const oldToken = await first.tokenOf(email);
  const [oldKid = ''] = await publishedAt(first.url);
  expect((await jwtKeys('remove', oldKid)).stderr).toContain('promote another before');
  expect((await jwtKeys('promote', 'nothing')).code).toBe(1);
  const added = await jwtKeys('add');
  expect(added.stdout).toMatch(new RegExp(`^${oldKid} signs and verifies\n\\S+ verifies\n$`));
  const newKid = added.stdout.split('\n')[1]?.split(' ')[0] ?? '';

  await withServer(async ({ url }) => {
    expect(await publishedAt(url)).toEqual([oldKid, newKid]);
    expect(decodeProtectedHeader(await tokenAt(url, email)).kid).toBe(oldKid);
    expect((await jwtKeys('promote', newKid)).code).toBe(0);
    // One that knows both beside one that signs with the new: every token is good at both.
    await withServer(async (promoted) => {
      const newToken = await tokenAt(promoted.url, email);
      expect(decodeProtectedHeader(newToken).kid).toBe(newKid);
      for (const at of [url, promoted.url]) {
        expect([await statusAt(at, oldToken), await statusAt(at, newToken)]).toEqual([200, 200]);
      }
    });
  });

  expect((await jwtKeys('remove', oldKid)).stdout).toBe(`${newKid} signs and verifies\n`);
  await withServer(async ({ url }) => {
    expect(await publishedAt(url)).toEqual([newKid]);
    expect(await statusAt(url, oldToken)).toBe(401);
    expect(await statusAt(url, await tokenAt(url, email))).toBe(200);
  });
});

test('keys that the environment holds are printed, and left where they are', async () => {
  const given = { ...environment, JWT_PRIVATE_KEYS: await makeSigningKeys() };
  const { stdout, stderr } = await runTenantry(given, 'jwt-keys', 'add');
  expect(JSON.parse(stdout).keys).toHaveLength(2);
  expect(stderr).not.toContain('"d"');
});
