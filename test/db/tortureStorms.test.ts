import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { watchProcess } from './support/faults.ts';
import { judgeWrites, runLoad, type Tally } from './support/load.ts';
import { startProxy } from './support/proxy.ts';
import { allCustomers, createTwoTenants, type CustomerRow, type TwoTenants, until } from './support/twoTenants.ts';

let world: TwoTenants;
let process_: ReturnType<typeof watchProcess>;

beforeAll(async () => {
  world = await createTwoTenants();
});
afterAll(() => world.close());
beforeEach(() => {
  process_ = watchProcess();
});
afterEach(() => {
  process_.stop();
  expect(process_.faults).toEqual([]);
});

/** Load on `db` for two seconds while `strike` is repeated. */
async function storm(db: Database, workers: number, strike: () => Promise<unknown> | undefined): Promise<Tally> {
  const over = AbortSignal.timeout(2_000);
  const load = runLoad(world, db, { workers, signal: over });
  while (!over.aborted) {
    await strike();
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  return load;
}

/** What every storm must leave behind. */
async function expectIntact(db: Database, tally: Tally, poolSize: number): Promise<void> {
  expect(tally.foreign).toEqual([]);
  expect(tally.wrong).toEqual([]);
  // A row level security refusal would mean that somebody was in somebody else's transaction.
  expect(tally.errors.get('42501')).toBeUndefined();
  expect(await judgeWrites(world, tally)).toEqual({ lost: 0, revenants: 0, undone: 0 });
  // Recovery: the pool is as good as new.
  const reads = Array.from({ length: poolSize * 10 }, () =>
    db.withTenant(world.b, { mode: 'read' }, (tx) => tx.query<CustomerRow>(allCustomers)),
  );
  for (const { rows } of await Promise.all(reads)) {
    expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([world.b]));
  }
  await until(async () => (await world.backends()).every((backend) => backend.state === 'idle' && !backend.xact));
  expect((await world.backends()).length).toBeLessThanOrEqual(poolSize);
}

const someBackend = (action: string): string =>
  `select ${action}(pid) from pg_stat_activity
   where datname = current_database() and usename = 'tenantry_server' order by random() limit 1`;

test.each([1, 4])('backends are terminated all the time, pool of %i', async (poolSize) => {
  const db = world.open({ poolSize });
  const tally = await storm(db, poolSize * 4, () => world.admin.query(someBackend('pg_terminate_backend')));
  await expectIntact(db, tally, poolSize);
  expect(tally.errors.get('DATABASE_UNAVAILABLE')).toBeGreaterThan(10);
  expect(tally.committed.length).toBeGreaterThan(10);
  await db.close();
});

test.each([1, 4])('statements are cancelled all the time, pool of %i', async (poolSize) => {
  const db = world.open({ poolSize });
  const tally = await storm(db, poolSize * 4, () => world.admin.query(someBackend('pg_cancel_backend')));
  await expectIntact(db, tally, poolSize);
  expect(tally.errors.get('57014')).toBeGreaterThan(1);
  expect(tally.committed.length).toBeGreaterThan(10);
  await db.close();
});

test('the network cuts, swallows and delays at random', async () => {
  const proxy = await startProxy(world.serverUrl);
  const db = world.open({
    url: proxy.urlFor(world.serverUrl), poolSize: 4, operationTimeoutMs: 300, openTimeoutMs: 200, closeTimeoutMs: 200, acquireTimeoutMs: 500,
  });
  const verdicts = ['reset', 'passThenReset', 'blackHole'] as const;
  proxy.judge = () => (Math.random() < 0.02 ? (verdicts[Math.floor(Math.random() * verdicts.length)] ?? 'pass') : 'pass');
  const tally = await storm(db, 16, () => {
    proxy.delayMs = Math.random() < 0.1 ? 5 : 0;
    return undefined;
  });
  proxy.judge = undefined;
  proxy.delayMs = 0;
  // What a black hole still holds on the server is its own time-outs' business; here the sockets close.
  proxy.resetAll();
  await until(() => db.statistics.idle === db.statistics.total);
  await expectIntact(db, tally, 4);
  expect(tally.committed.length).toBeGreaterThan(10);
  expect(tally.inDoubt.length).toBeGreaterThan(0);
  await db.close();
  await proxy.close();
});
