import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
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

// No promise of ours is known to be forgotten, so the real server gets one from outside, at a signal.
const forgetful = `process.on('SIGUSR2', () => void Promise.reject(new Error('forgotten on purpose')))`;

test('a promise that nobody waits for is logged, and ends no server', async () => {
  const server = spawnServer({
    APP_DATABASE_URL: database.serverUrl,
    DATA_DIR: dataDir.path,
    LOG_LEVEL: 'error',
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(forgetful)}"`,
  });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  const url = await server.url;
  server.child.kill('SIGUSR2');
  await expect.poll(server.output).toContain('forgotten on purpose');
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
});
