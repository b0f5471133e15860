import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { CommitInDoubt } from '../../src/db/errors.ts';
import { migrate } from '../../src/db/setup/migrate.ts';
import { serverUrlFrom } from '../../src/db/setup/serverRole.ts';
import { copyCluster } from '../support/freshCluster.ts';
import { makeTemporary } from '../support/temporary.ts';
import { watchProcess } from './support/faults.ts';
import { expectHonest, expectRecovered, runLoad } from './support/load.ts';
import { createTwoTenants, insertCustomer, type TwoTenants, until } from './support/twoTenants.ts';

// A server of its own, whatever the other tests use: it is killed here.
test('Postgres crashes and is restarted under load, twice', async () => {
  const watched = watchProcess();
  const dataDir = await makeTemporary('tenantry restart ');
  await copyCluster(dataDir);
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
    await until(answers);
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
});

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}

test('whatever a write was told is there after Postgres was killed, also where many share a transaction', async () => {
  const dataDir = await makeTemporary('tenantry groups ');
  // Nothing is flushed by itself: what nobody asked to be flushed is lost when the memory of Postgres is.
  const settings = { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' };
  await copyCluster(dataDir);
  const embedded = await startEmbeddedPostgres({ dataDir, settings });
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
  const db = world.open({ poolSize: 10, acquireTimeoutMs: 500, operationTimeoutMs: 2_000 });
  const told: string[] = [];
  let doubts = 0;

  /** Writes until the first error. */
  async function writer(name: string): Promise<void> {
    for (let n = 0; ; n += 1) {
      const mine = `${name} ${n}`;
      try {
        await db.withTenant(world.a, { mode: 'write', mayComplete: true }, async (tx) => {
          const inserted = tx.query(insertCustomer, [world.a, mine]);
          tx.complete(1);
          await inserted;
        });
      } catch (error) {
        if (error instanceof CommitInDoubt) doubts += 1;
        return;
      }
      told.push(mine);
    }
  }

  for (const [round, kill] of [killPostmaster, killBackend, killPostmaster].entries()) {
    const enough = told.length + 300;
    const writing = Array.from({ length: 32 }, (_, n) => writer(`${round} ${n}`));
    await until(() => told.length >= enough);
    await kill(world, dataDir);
    await Promise.all(writing);
    await until(async () => {
      const answered = await world.admin.query('select 1').catch(() => undefined);
      return answered !== undefined;
    });
    const { rows } = await world.admin.query(
      'select n from unnest($1::text[]) n except select name from app.customers',
      [told],
    );
    expect(rows).toEqual([]);
  }
  expect(doubts).toBeGreaterThan(0);
  await world.close();
});

async function killPostmaster(_: TwoTenants, dataDir: string): Promise<void> {
  process.kill(await postmasterPid(dataDir), 'SIGKILL');
}

/** Postgres then throws its shared memory away and starts again, the same process. */
async function killBackend(world: TwoTenants): Promise<void> {
  const [one] = await world.backends();
  if (one !== undefined) process.kill(one.pid, 'SIGKILL');
}
