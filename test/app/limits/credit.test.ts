import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientHangUp } from '../../../src/app/clientHangUp.ts';
import { CreditPool } from '../../../src/app/limits/creditPool.ts';
import { postgresCredit } from '../../../src/app/limits/postgresCredit.ts';
import { recallChannel, redisCredit } from '../../../src/app/limits/redisCredit.ts';
import { GaveUp, Shortage } from '../../../src/app/limits/tenantCredit.ts';
import { openRedis, type RedisClient } from '../../../src/clients/redis.ts';
import {
  type Bucket,
  type CreditStore,
  type Exchange,
  readRecall,
} from '../../../src/features/limits/credit.ts';
import { hasRedis, requireRedis, startRedis, type TestRedis } from '../../support/redis.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// The pool of one process, several of them over one store.

requireRedis();

let server: TestServer;
let tenantId: string;
let redis: TestRedis | null = null;
beforeAll(async () => {
  server = await startTestServer();
  redis = hasRedis ? await startRedis() : null;
  const [row] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  tenantId = String(row?.id);
});
afterAll(async () => {
  await redis?.close();
  await server?.close();
});

interface Process {
  readonly pool: CreditPool;
  /** Takes so much; resolves with whether it was there. */
  take(bucket: Bucket, amount?: number): Promise<boolean>;
  close(): Promise<void>;
}

const quiet = { warn: () => undefined };

function openProcess(store: CreditStore, end: () => void = () => undefined): Process {
  const pool = new CreditPool({ rates: store, requests: store, logger: quiet });
  return {
    pool,
    async take(bucket, amount = 1) {
      const credit = pool.tenant(tenantId);
      const demands = [{ held: pool.held(credit, bucket), amount }];
      try {
        if (!credit.take(demands, performance.now())) {
          await credit.wait(demands, new ClientHangUp());
        }
        return true;
      } catch (error) {
        if (error instanceof Shortage) return false;
        throw error;
      }
    },
    async close() {
      await pool.close();
      end();
    },
  };
}

/** Recalls go from one to the others, as NOTIFY takes them. */
async function openOnPostgres(count: number): Promise<Process[]> {
  const all: Process[] = Array.from({ length: count }, () => {
    const store = postgresCredit(server.database, randomUUID());
    const own = openProcess({
      async exchange(tenant, asked) {
        const grants = await store.exchange(tenant, asked);
        grants.forEach(({ granted, elsewhere }, place) => {
          const { need, name: bucket } = asked[place] as Exchange;
          if (granted >= need || elsewhere === 0) return;
          for (const each of all) {
            if (each !== own) each.pool.recall({ process: '', tenantId: tenant, bucket });
          }
        });
        return grants;
      },
    });
    return own;
  });
  return all;
}

function openOnRedis(count: number): Promise<Process[]> {
  const opening = Array.from({ length: count }, async () => {
    const name = randomUUID();
    const client: RedisClient = await openRedis({
      url: redis?.url ?? '',
      timeoutMs: 2_000,
      channel: recallChannel('test:'),
      onMessage: (message) => {
        if (!message.startsWith(name)) own.pool.recall(readRecall(message));
      },
    });
    const own = openProcess(redisCredit(client, 'test:', name), () => client.close());
    return own;
  });
  return Promise.all(opening);
}

const bucketOf = (limit: number, seconds = 3_600): Bucket => ({
  name: `test ${randomUUID()}`,
  limit,
  seconds,
});

const count = (answers: readonly boolean[]) => answers.filter(Boolean).length;

describe.each([
  ['Postgres', openOnPostgres, false],
  ['Redis', openOnRedis, true],
] as const)('%s', (_name, open, needsRedis) => {
  const limitsTest = needsRedis && !hasRedis ? test.skip : test;

  limitsTest('with N left, 4N at once on three processes: exactly N', async () => {
    const processes = await open(3);
    const bucket = bucketOf(200);
    const answers = await Promise.all(
      Array.from({ length: 800 }, (_, turn) => {
        // Most of the load on one of them.
        const place = turn % 8 === 0 ? 1 : turn % 32 === 1 ? 2 : 0;
        return processes[place]?.take(bucket) ?? false;
      }),
    );
    expect(count(answers)).toBe(200);
    await Promise.all(processes.map((each) => each.close()));
  });

  limitsTest('what one holds and does not use, another gets in time', async () => {
    const [one, other] = (await open(2)) as [Process, Process];
    const bucket = bucketOf(400);
    // Enough to make the first keep some in hand.
    for (let turn = 0; turn < 100; turn += 1) expect(await one.take(bucket)).toBe(true);
    const answers = await Promise.all(Array.from({ length: 400 }, () => other.take(bucket)));
    expect(count(answers)).toBe(300);
    expect(await one.take(bucket)).toBe(false);
    await Promise.all([one.close(), other.close()]);
  });

  limitsTest(
    'large and small demands: no more than the limit, and what fits in fits in',
    async () => {
      const processes = await open(2);
      const bucket = bucketOf(1_000);
      let taken = 0;
      await Promise.all(
        Array.from({ length: 300 }, async (_, turn) => {
          const amount = 1 + ((turn * 7) % 19);
          if (await processes[turn % 2]?.take(bucket, amount)) taken += amount;
        }),
      );
      // Ones fill what the last large ones left.
      while (await processes[0]?.take(bucket, 1)) taken += 1;
      expect(taken).toBe(1_000);
      await Promise.all(processes.map((each) => each.close()));
    },
  );
});

test('a client that hangs up waits no longer, and what came for it is given back', async () => {
  const held = Promise.withResolvers<void>();
  const store = postgresCredit(server.database, randomUUID());
  const slow: CreditStore = {
    async exchange(tenant, asked) {
      await held.promise;
      return store.exchange(tenant, asked);
    },
  };
  const { pool, take, close } = openProcess(slow);
  const bucket = bucketOf(3);
  const credit = pool.tenant(tenantId);
  const hangUp = new ClientHangUp();
  const gone = credit.wait([{ held: pool.held(credit, bucket), amount: 3 }], hangUp);
  hangUp.fire();
  await expect(gone).rejects.toBeInstanceOf(GaveUp);
  expect(credit.waiting).toBe(0);
  held.resolve();
  expect(await take(bucket, 3)).toBe(true);
  await close();
});

// What they wait for is the clock, so they wait together.
describe.concurrent('at the end of a window', () => {
  test('and of a hold: what a process that died held is free again', async ({ expect }) => {
    const dead = postgresCredit(server.database, 'dead');
    const bucket = bucketOf(100);
    const asked = {
      windowStart: 0,
      spent: 0,
      pending: 0,
      holding: 0,
      need: 90,
      smallest: 90,
      extra: 0,
    };
    await dead.exchange(tenantId, [{ ...bucket, ...asked }]);
    const [own] = (await openOnPostgres(1)) as [Process];
    expect(await own.take(bucket, 50)).toBe(false);
    await expect.poll(() => own.take(bucket, 50), { interval: 200 }).toBe(true);
    await own.close();
  });

  test.each([
    ['Postgres', openOnPostgres, false],
    ['Redis', openOnRedis, true],
  ] as const)('%s: what is held of it is worth nothing', async (_name, open, needsRedis) => {
    if (needsRedis && !hasRedis) return;
    const [own] = (await open(1)) as [Process];
    const bucket = bucketOf(10_000, 1);
    const held = own.pool.held(own.pool.tenant(tenantId), bucket);
    let isConclusive = false;
    while (!isConclusive) {
      expect(await own.take(bucket, 10)).toBe(true);
      const { windowStart } = held;
      const hadSome = held.available > 0;
      // By the clock of the store, which runs on this machine: it answers at the end or after it.
      await server.asAdmin(
        'select pg_sleep(greatest(extract(epoch from to_timestamp($1) - clock_timestamp()), 0))',
        [windowStart + 1],
      );
      // Unless it has been exchanged for the next one's meanwhile.
      if (!hadSome || held.windowStart !== windowStart) continue;
      expect(held.usable(performance.now())).toBe(0);
      isConclusive = true;
    }
    await own.close();
  });

  test.each([
    ['Postgres', openOnPostgres, false],
    ['Redis', openOnRedis, true],
  ] as const)('%s: the limit again, and not more', async (_name, open, needsRedis) => {
    if (needsRedis && !hasRedis) return;
    const processes = await open(2);
    const bucket = bucketOf(50, 1);
    const passed = new Map<number, number>();
    const until = Date.now() + 2_500;
    const caller = async (place: number): Promise<void> => {
      while (Date.now() < until) {
        const own = processes[place % 2] as Process;
        if (await own.take(bucket)) {
          const { windowStart } = own.pool.held(own.pool.tenant(tenantId), bucket);
          passed.set(windowStart, (passed.get(windowStart) ?? 0) + 1);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, place) => caller(place)));
    const windows = [...passed].sort(([one], [other]) => one - other);
    // The first and the last may have been cut off by the test.
    expect(windows.length).toBeGreaterThanOrEqual(3);
    for (const [, count] of windows) expect(count).toBeLessThanOrEqual(50);
    for (const [, count] of windows.slice(1, -1)) expect(count).toBe(50);
    await Promise.all(processes.map((each) => each.close()));
  });
});
