import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { copyCluster } from '../support/freshCluster.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runProgram } from '../support/runProgram.ts';
import { seedHere } from '../support/seededDatabase.ts';
import { makeDataDir, spawnServer } from '../support/serverProcess.ts';

const keyIn = (text: string): string | undefined => /tnt_[\w-]{43}/.exec(text)?.[0];

async function dataDirectory(): Promise<string> {
  const made = await makeDataDir();
  onTestFinished(made.remove);
  return made.path;
}

test('two first starts at once on one empty DATA_DIR both serve the same demo', async () => {
  const dataDir = await dataDirectory();
  const servers = [1, 2].map(() => spawnServer({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }));
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.end('SIGTERM')));
    await expect(access(path.join(dataDir, 'postgres/postmaster.pid'))).rejects.toThrow('ENOENT');
  });
  const urls = await Promise.all(servers.map((server) => server.url));
  const seen = await Promise.all(
    urls.map(async (url) => {
      const token = await tokenAt(url, 'owner@lumen.example');
      return (await askAt(url, token, '{ tenant { id } products { totalCount } }')).body.data;
    }),
  );
  expect(seen[0].products.totalCount).toBeGreaterThan(100);
  expect(seen[1]).toEqual(seen[0]);
  const keys = servers.map((server) => keyIn(server.output()));
  expect(keys[0]).toBeDefined();
  expect(keys[1]).toBe(keys[0]);
});

test('a first start that cannot migrate ends, and leaves no Postgres behind', async () => {
  const dataDir = await dataDirectory();
  await copyCluster(dataDir);
  const embedded = await startEmbeddedPostgres({ dataDir });
  const client = new pg.Client({ connectionString: embedded.url });
  await client.connect();
  await client.query('create role tenantry_owner; create schema app authorization tenantry_owner');
  await client.query('create table app.products ()');
  await client.end();
  await embedded.stop();
  const server = spawnServer({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  expect(await server.ended).toEqual({ code: 1, signal: null });
  expect(server.output()).toContain('already exists');
  await expect(access(path.join(dataDir, 'postgres/postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('two seeds at once of one fresh database: one fills it, the other finds it filled', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => void database.drop());
  const dataDir = await dataDirectory();
  const environment = {
    NODE_ENV: 'test',
    DATABASE_URL: database.adminUrl,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
  };
  const [one, other] = await Promise.all(
    [1, 2].map(() => runProgram('scripts/seed.ts', environment)),
  );
  for (const run of [one, other]) expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(keyIn(one?.stdout ?? '')).toBeDefined();
  expect(other?.stdout).toBe(one?.stdout);
});

test("seeding another database leaves the first one's key true, and prints its own", async () => {
  const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
  onTestFinished(async () => {
    for (const database of databases) void database.drop();
  });
  // Not made yet: a fresh clone has none.
  const dataDir = path.join(await dataDirectory(), 'made/here');
  const seedBoth = async () => {
    const runs = databases.map(({ adminUrl }) => seedHere(adminUrl, dataDir));
    return (await Promise.all(runs)).map(keyIn);
  };
  const printed = await seedBoth();
  expect(new Set(printed).size).toBe(2);
  expect(printed).not.toContain(undefined);
  expect(await seedBoth()).toEqual(printed);
  const kept = await readFile(path.join(dataDir, 'demo-api-key'), 'utf8');
  expect(kept.trimEnd().split('\n').toSorted()).toEqual(printed.toSorted());
});
