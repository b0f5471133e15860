import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { watchProcess } from './support/faults.ts';
import {
  emptyTally,
  expectHonest,
  expectRecovered,
  gotSomewhere,
  runLoad,
  type Tally,
} from './support/load.ts';
import { startProxy } from './support/proxy.ts';
import { createTwoTenants, type TwoTenants, until } from './support/twoTenants.ts';

let world: TwoTenants;
let watched: ReturnType<typeof watchProcess>;

beforeAll(async () => {
  world = await createTwoTenants();
});
afterAll(() => world.close());
beforeEach(() => {
  watched = watchProcess();
});
afterEach(() => {
  watched.stop();
  expect(watched.faults).toEqual([]);
});

/** Each takes two processors. With a lost COMMIT told as undone the file failed five times of five, as in 1.5 s. */
const leastSeconds = 0.6;

/**
 * Load on `db` while `strike` is repeated, for leastSeconds, and on until it has hit often enough and let
 * something through: on a busy machine few strikes meet a statement, or nothing gets done between two of
 * them.
 */
async function storm(
  enough: (tally: Tally) => boolean,
  db: Database,
  workers: number,
  strike: () => Promise<unknown> | undefined,
): Promise<Tally> {
  const tally = emptyTally();
  const over = new AbortController();
  const load = runLoad(world, db, { workers, signal: over.signal, tally });
  const from = performance.now();
  let latest = from;
  let written = 0;
  const seconds = (since: number) => (performance.now() - since) / 1_000;
  try {
    while (seconds(from) < leastSeconds || !(enough(tally) && gotSomewhere(tally))) {
      // Not for ever: what it has not done by then it is asked for below.
      if (seconds(from) > 30) break;
      if (seconds(latest) < 0.25) await strike();
      await new Promise((resolve) => setTimeout(resolve, workers > 4 ? 3 : 8));
      // A lull until something is written again.
      if (tally.committed.length === written) continue;
      written = tally.committed.length;
      latest = performance.now();
    }
  } finally {
    over.abort();
  }
  return load;
}

/** Closed when the test ends, passed or not: the backends of the next one are counted. */
function open(...options: Parameters<TwoTenants['open']>): Database {
  const db = world.open(...options);
  onTestFinished(() => db.close());
  return db;
}

/** One that is at work mostly, for where all share a processor the others are at rest when this one asks. */
const someBackend = (action: string): string =>
  `select ${action}(pid) from pg_stat_activity
   where datname = current_database() and usename = 'tenantry_server'
   order by state = 'active' and random() < 0.8 desc, random() limit 1`;

test.each([1, 4])('backends are terminated all the time, pool of %i', async (poolSize) => {
  const db = open({ poolSize });
  const enough = ({ errors }: Tally) => (errors.get('DATABASE_UNAVAILABLE') ?? 0) > 10;
  const tally = await storm(enough, db, poolSize * 4, () =>
    world.admin.query(someBackend('pg_terminate_backend')),
  );
  await expectHonest(world, tally);
  await expectRecovered(world, db, poolSize);
  expect(enough(tally)).toBe(true);
  await db.close();
});

test.each([1, 4])('statements are cancelled all the time, pool of %i', async (poolSize) => {
  const db = open({ poolSize });
  const enough = ({ errors }: Tally) => (errors.get('57014') ?? 0) > 1;
  const tally = await storm(enough, db, poolSize * 4, () =>
    world.admin.query(someBackend('pg_cancel_backend')),
  );
  await expectHonest(world, tally);
  await expectRecovered(world, db, poolSize);
  expect(enough(tally)).toBe(true);
  await db.close();
});

test('the network cuts, swallows and delays at random', async () => {
  const proxy = await startProxy(world.serverUrl);
  const db = open({
    url: proxy.urlFor(world.serverUrl),
    poolSize: 4,
    operationTimeoutMs: 800,
    closeTimeoutMs: 200,
    acquireTimeoutMs: 2_000,
  });
  const verdicts = ['reset', 'passThenReset', 'blackHole'] as const;
  proxy.judge = () =>
    Math.random() < 0.02
      ? (verdicts[Math.floor(Math.random() * verdicts.length)] ?? 'pass')
      : 'pass';
  const tally = await storm(
    ({ inDoubt }) => inDoubt.length > 0,
    db,
    16,
    () => {
      proxy.delayMs = Math.random() < 0.1 ? 5 : 0;
      return undefined;
    },
  );
  proxy.judge = undefined;
  proxy.delayMs = 0;
  // What a black hole still holds on the server is its own time-outs' business; here the sockets close.
  proxy.resetAll();
  await until(() => db.statistics.idle === db.statistics.total);
  await expectHonest(world, tally);
  await expectRecovered(world, db, 4);
  expect(tally.inDoubt.length).toBeGreaterThan(0);
  await db.close();
  await proxy.close();
});
