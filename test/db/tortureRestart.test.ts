import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { serverUrlFrom } from '../../src/db/serverRole.ts';
import { makeTemporary } from '../support/temporary.ts';
import { watchProcess } from './support/faults.ts';
import { expectHonest, expectRecovered, runLoad } from './support/load.ts';
import { createTwoTenants, until } from './support/twoTenants.ts';

// A server of its own, whatever the other tests use: it is killed here.
test('Postgres crashes and is restarted under load, twice', async () => {
  const watched = watchProcess();
  const dataDir = await makeTemporary('tenantry restart ');
  const embedded = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  onTestFinished(async () => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  await migrate({ url: embedded.url });
  const world = await createTwoTenants({
    adminUrl: embedded.url,
    serverUrl: serverUrlFrom(embedded.url),
    drop: async () => undefined,
  });
  const db = world.open({ poolSize: 4, acquireTimeoutMs: 500, operationTimeoutMs: 2_000 });
  const answers = () =>
    db.ping().then(
      () => true,
      () => false,
    );

  const load = new AbortController();
  const loading = runLoad(world, db, { workers: 16, signal: load.signal });
  // Immediate shutdown: its backends die where they stand. Then a fast one: they are told.
  for (const signal of ['SIGQUIT', 'SIGINT'] as const) {
    await until(async () => (await world.backends()).length === 4);
    process.kill(await postmasterPid(dataDir), signal);
    await until(async () => !(await answers()));
    await until(answers, 10_000);
  }
  await until(() => db.statistics.total === 4);
  load.abort();
  const tally = await loading;

  await expectHonest(world, tally);
  await expectRecovered(world, db, 4);
  expect(tally.errors.get('DATABASE_UNAVAILABLE')).toBeGreaterThan(10);
  await world.close();
  watched.stop();
  expect(watched.faults).toEqual([]);
}, 30_000);

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}
