import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientHangUp } from '../../../src/app/clientHangUp.ts';
import { CreditPool } from '../../../src/app/limits/creditPool.ts';
import { postgresCredit } from '../../../src/app/limits/postgresCredit.ts';
import { recallChannel, redisCredit } from '../../../src/app/limits/redisCredit.ts';
import { GaveUp, Shortage, TooManyWaiting } from '../../../src/app/limits/tenantCredit.ts';
import { openRedis, type RedisClient } from '../../../src/clients/redis.ts';
import type { Bucket, CreditStore } from '../../../src/features/limits/credit.ts';
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
        const isShort = grants.some(({ granted, elsewhere }, place) => {
          return granted < (asked[place]?.need ?? 0) && elsewhere > 0;
        });
        if (isShort) for (const each of all) if (each !== own) each.pool.recall(tenant);
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
        if (!message.startsWith(name)) own.pool.recall(tenantId);
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
