import { setTimeout } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedis } from '../../../src/clients/redis.ts';
import { askAt } from '../../support/ask.ts';
import { hasRedis, requireRedis, startRedis, type TestRedis } from '../../support/redis.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { spawnServer } from '../../support/serverProcess.ts';

// A Redis that dies, that says nothing any more, and that is not there when a server starts.

requireRedis();

const page = '{ products(first: 3) { nodes { id } } }';

describe.skipIf(!hasRedis)('without Redis', () => {
  let redis: TestRedis;
  let server: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
    server = await startTestServer({ REDIS_URL: redis.url, REDIS_PREFIX: 'shop:' });
  });
  afterAll(async () => {
    await server?.close();
    await redis?.close();
  });

  const keys = async (): Promise<number> => {
    const client = await openRedis({ url: redis.url, timeoutMs: 2_000 });
    const source = `return #redis.call('KEYS', 'shop:*')`;
    const count = await client.evaluate({ source, sha1: '0'.repeat(40) }, [], []);
    client.close();
    return Number(count);
  };

  /** Some at once, again and again; each is answered, and none waits for long. */
  async function expectService(): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      const started = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => askAt(server.url, server.apiKey, page)),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(performance.now() - started).toBeLessThan(1_500);
    }
  }

  const inPostgres = async (): Promise<number> => {
    const [row] = await server.asAdmin(
      `select count(*)::int as count from app.credit_windows where bucket like 'cost%'`,
    );
    return Number(row?.count);
  };

  test('budgets are in Redis while it is there, under the prefix and with an end', async () => {
    await expectService();
    expect(await keys()).toBeGreaterThanOrEqual(2);
    expect(await inPostgres()).toBe(0);
  });

  test('killed: everybody is served, Postgres keeps count; back: it counts again', async () => {
    await redis.kill();
    await expectService();
    // What is in hand is used up first.
    await expect
      .poll(async () => {
        await expectService();
        return inPostgres();
      })
      .toBeGreaterThanOrEqual(2);
    await redis.start();
    await expect
      .poll(async () => {
        await askAt(server.url, server.apiKey, page);
        return keys();
      })
      .toBeGreaterThanOrEqual(2);
  });

  test('frozen: the same, and limits hold meanwhile', async () => {
    await expectService();
    const owner = await server.tokenOf('owner@lumen.example');
    const price = (await server.ask(owner, page)).cost.requested;
    const { body } = await server.ask(
      owner,
      `mutation { apiKeyCreate(input: { name: "k", scopes: ["products:read"], costPerMinute: ${20 * price} }) { secret } }`,
    );
    redis.freeze();
    await expectService();
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => askAt(server.url, body.data.apiKeyCreate.secret, page)),
    );
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(20);
    // Twice, should the minute end meanwhile.
    expect(passed).toBeLessThanOrEqual(40);
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
    redis.thaw();
    await expectService();
  });

  test('one that answers PING and takes no writes is left, and not come back to each time', async () => {
    const beside = spawnServer({ ...server.environment, LOG_LEVEL: 'warn' });
    const client = await createClient({ url: redis.url }).connect();
    try {
      const url = await beside.url;
      await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
      const until = performance.now() + 2_500;
      while (performance.now() < until) {
        expect((await askAt(url, server.apiKey, page)).status).toBe(200);
        await setTimeout(5);
      }
      expect(beside.output().match(/Redis is away/g)).toHaveLength(1);
    } finally {
      await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      client.destroy();
      await beside.end('SIGTERM');
    }
  });
});
