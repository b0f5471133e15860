import { access } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { explainFailure } from '../../src/app/explainFailure.ts';
import { explainListenFailure, listen } from '../../src/app/listen.ts';
import { createLogger } from '../../src/app/logger.ts';
import { serve } from '../../src/app/serve.ts';
import { loadConfig } from '../../src/config.ts';
import { copyCluster } from '../support/freshCluster.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { makeDataDir, spawnServer } from '../support/serverProcess.ts';

let database: TestDatabase;
let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await makeDataDir();
});
afterAll(async () => {
  void database?.drop();
  await dataDir?.remove();
});

/** What a server that ends by itself said, stacks and log lines left out of the question. */
async function refusal(environment: Record<string, string>): Promise<string> {
  const server = spawnServer({ DATA_DIR: dataDir.path, LOG_LEVEL: 'silent', ...environment });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  expect(await server.ended).toEqual({ code: 1, signal: null });
  return server.output();
}

/** The same of one in this process: that a process ends and prints it is looked at below, once. */
async function refusalHere(environment: Record<string, string>): Promise<string> {
  const given = { NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir.path, LOG_LEVEL: 'silent' };
  const config = loadConfig({ ...given, ...environment });
  try {
    await (await serve(config, createLogger(config.logLevel))).close();
  } catch (error) {
    return explainFailure(error) ?? inspect(error);
  }
  throw new Error('It serves.');
}

test('a port that is taken is named in one sentence, and no embedded Postgres stays behind', async () => {
  await copyCluster(dataDir.path);
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  expect(await refusal({ PORT: String(port) })).toBe(
    `PORT ${port} is in use; choose another, or 0 for any free one.\n`,
  );
  // It was there: its log is. A running one would have its file in it.
  await access(path.join(dataDir.path, 'postgres/tenantry.log'));
  await expect(access(path.join(dataDir.path, 'postgres/postmaster.pid'))).rejects.toThrow(
    'ENOENT',
  );
});

test('a HOST that is no name, or not an address of this machine, is named, not the database', async () => {
  const [unknown, foreign] = await Promise.all(
    // .invalid is never delegated (RFC 6761), 192.0.2.0/24 is nobody's (RFC 5737).
    ['no-such-host.invalid', '192.0.2.1'].map((host) =>
      refusalHere({ APP_DATABASE_URL: database.serverUrl, HOST: host }),
    ),
  );
  expect(unknown).toMatch(/^HOST no-such-host\.invalid is not a name [^\n]* 127\.0\.0\.1 [^\n]*$/);
  expect(foreign).toMatch(/^HOST 192\.0\.2\.1 is no address of this machine; [^\n]*$/);
});

test('what a port below 1024 says where it needs rights, and an address that can be opened', async () => {
  // Root may listen anywhere, and in a container often everybody: the error is made by hand.
  const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  expect(explainListenFailure(denied, { host: '127.0.0.1', port: 80 })).toMatch(
    /^PORT 80 needs rights .* from 1024 on/,
  );
  const server = createServer();
  onTestFinished(() => void server.close());
  const address = await listen(server, { host: '::1', port: 0 }).catch((error) => error.message);
  // A machine without IPv6 says so.
  expect(address).toMatch(/^http:\/\/\[::1\]:\d+$|^HOST ::1 is no address/);
});
