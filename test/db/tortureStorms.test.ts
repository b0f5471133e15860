import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { watchProcess } from './support/faults.ts';
import { expectHonest, expectRecovered, runLoad, type Tally } from './support/load.ts';
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

/** Storms until one has hit often enough: on a busy machine few strikes meet a statement. */
async function stormUntil(
  enough: (tally: Tally) => boolean,
  ...load: Parameters<typeof storm>
): Promise<Tally> {
  for (let round = 1; ; round += 1) {
    const tally = await storm(...load);
    if (enough(tally) || round === 5) return tally;
    await expectHonest(world, tally);
  }
}

/** Load on `db` for a second and a half while `strike` is repeated. */
async function storm(
  db: Database,
  workers: number,
  strike: () => Promise<unknown> | undefined,
): Promise<Tally> {
  const over = AbortSignal.timeout(1_500);
  const load = runLoad(world, db, { workers, signal: over });
  while (!over.aborted) {
    await strike();
    await new Promise((resolve) => setTimeout(resolve, workers > 4 ? 3 : 8));
  }
  return load;
}

const someBackend = (action: string): string =>
  `select ${action}(pid) from pg_stat_activity
   where datname = current_database() and usename = 'tenantry_server' order by random() limit 1`;

test.each([1, 4])('backends are terminated all the time, pool of %i', async (poolSize) => {
  const db = world.open({ poolSize });
  const enough = ({ errors }: Tally) => (errors.get('DATABASE_UNAVAILABLE') ?? 0) > 10;
  const tally = await stormUntil(enough, db, poolSize * 4, () =>
    world.admin.query(someBackend('pg_terminate_backend')),
  );
  await expectHonest(world, tally);
  await expectRecovered(world, db, poolSize);
  expect(enough(tally)).toBe(true);
  await db.close();
});

test.each([1, 4])('statements are cancelled all the time, pool of %i', async (poolSize) => {
  const db = world.open({ poolSize });
  const enough = ({ errors }: Tally) => (errors.get('57014') ?? 0) > 1;
  const tally = await stormUntil(enough, db, poolSize * 4, () =>
    world.admin.query(someBackend('pg_cancel_backend')),
  );
  await expectHonest(world, tally);
  await expectRecovered(world, db, poolSize);
  expect(enough(tally)).toBe(true);
  await db.close();
});

test('the network cuts, swallows and delays at random', async () => {
  const proxy = await startProxy(world.serverUrl);
  const db = world.open({
    url: proxy.urlFor(world.serverUrl),
    poolSize: 4,
    operationTimeoutMs: 800,
    closeTimeoutMs: 200,
    acquireTimeoutMs: 500,
  });
  const verdicts = ['reset', 'passThenReset', 'blackHole'] as const;
  proxy.judge = () =>
    Math.random() < 0.02
      ? (verdicts[Math.floor(Math.random() * verdicts.length)] ?? 'pass')
      : 'pass';
  const tally = await stormUntil(
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
