import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  changeSigningKeys,
  makeSigningKeys,
  readSigningKeys,
  replaceSigningKeys,
} from '../../src/auth/signingKeys.ts';
import { runTenantry } from '../cli/runTenantry.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../support/server.ts';

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
const withServer = <T>(work: (url: string) => Promise<T>): Promise<T> =>
  withServerBeside(environment, work);

const statusAt = async (url: string, token: string) =>
  (await askAt(url, token, '{ tenant { slug } }')).status;
const publishedAt = async (url: string): Promise<string[]> => {
  const set = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string; d?: string }[];
  };
  expect(set.keys.filter(({ d }) => d !== undefined)).toEqual([]);
  return set.keys.map(({ kid }) => kid);
};
const stored = () => readFile(path.join(dataDir, 'jwt-keys.json'), 'utf8');
const step = async (change: Parameters<typeof changeSigningKeys>[1]) =>
  replaceSigningKeys(dataDir, await changeSigningKeys(await stored(), change));

test('a key is added, promoted and removed; tokens of the old one are good until it is removed', async () => {
  const email = 'owner@lumen.example';
  const oldToken = await first.tokenOf(email);
  const [oldKid = ''] = await publishedAt(first.url);
  await step({ step: 'add' });
  const newKid: string = JSON.parse(await stored()).keys[1].kid;

  await withServer(async (url) => {
    expect(await publishedAt(url)).toEqual([oldKid, newKid]);
    expect(decodeProtectedHeader(await tokenAt(url, email)).kid).toBe(oldKid);
    await step({ step: 'promote', kid: newKid });
    // One that knows both beside one that signs with the new: every token is good at both.
    await withServer(async (promotedUrl) => {
      const newToken = await tokenAt(promotedUrl, email);
      expect(decodeProtectedHeader(newToken).kid).toBe(newKid);
      for (const at of [url, promotedUrl]) {
        expect([await statusAt(at, oldToken), await statusAt(at, newToken)]).toEqual([200, 200]);
      }
    });
  });

  await step({ step: 'remove', kid: oldKid });
  await withServer(async (url) => {
    expect(await publishedAt(url)).toEqual([newKid]);
    expect(await statusAt(url, oldToken)).toBe(401);
    expect(await statusAt(url, await tokenAt(url, email))).toBe(200);
  });
});

test('the command changes the data directory’s keys, and prints those that the environment holds', async () => {
  const [before] = JSON.parse(await stored()).keys;
  const given = { ...environment, JWT_PRIVATE_KEYS: await makeSigningKeys() };
  const [added, printed] = await Promise.all([
    runTenantry(environment, 'jwt-keys', 'add'),
    runTenantry(given, 'jwt-keys', 'add'),
  ]);
  expect(added.stdout).toMatch(new RegExp(`^${before.kid} signs and verifies\n\\S+ verifies\n$`));
  expect(JSON.parse(await stored()).keys).toHaveLength(2);
  expect((await stat(path.join(dataDir, 'jwt-keys.json'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(printed.stdout).keys).toHaveLength(2);
  expect(printed.stderr).not.toContain('"d"');
});

test('a step that would sign nobody in is refused', async () => {
  const set = await makeSigningKeys();
  const { kid } = JSON.parse(set).keys[0];
  const change = (step: 'promote' | 'remove', named: string) =>
    changeSigningKeys(set, { step, kid: named });
  await expect(change('remove', kid)).rejects.toThrow('promote another before');
  await expect(change('promote', 'nothing')).rejects.toThrow('there is no key "nothing"');
  const twice = JSON.stringify({ keys: [...JSON.parse(set).keys, ...JSON.parse(set).keys] });
  await expect(readSigningKeys(twice)).rejects.toThrow('a kid is there twice');
});
