import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAt } from '../../support/ask.ts';
import { hasRedis, requireRedis, startRedis, type TestRedis } from '../../support/redis.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

// Budgets of cost, as callers meet them: two servers, over Postgres and over Redis.

requireRedis();

const page = '{ products(first: 10) { nodes { id name } } }';
/** Of the page above: a statement, and its rows. */
let price = 0;

async function makeKey(server: TestServer, costPerMinute: number | null): Promise<string> {
  const owner = await server.tokenOf('owner@lumen.example');
  const { body } = await server.ask(
    owner,
    `mutation ($most: Int) { apiKeyCreate(input: { name: "k", scopes: ["products:read"], costPerMinute: $most }) {
      apiKey { costPerMinute } secret userErrors { code } } }`,
    { most: costPerMinute },
  );
  expect(body.data.apiKeyCreate.apiKey.costPerMinute).toBe(costPerMinute);
  return body.data.apiKeyCreate.secret;
}

describe.each([
  ['Postgres', false],
  ['Redis', true],
] as const)('%s', (_name, onRedis) => {
  const limitsTest = onRedis && !hasRedis ? test.skip : test;
  let server: TestServer;
  let redis: TestRedis | null = null;
  beforeAll(async () => {
    redis = onRedis && hasRedis ? await startRedis() : null;
    server = await startTestServer(redis === null ? {} : { REDIS_URL: redis.url });
    price = (await server.ask(server.apiKey, page)).cost.requested;
  });
  afterAll(async () => {
    await server?.close();
    await redis?.close();
  });

  limitsTest('a key with N operations’ worth, 4N at once on two servers: exactly N', async () => {
    const secret = await makeKey(server, 30 * price);
    await withServerBeside(server.environment, async (beside) => {
      await untilMinuteIsYoung();
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, turn) =>
          askAt(turn % 5 === 0 ? beside : server.url, secret, page),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(30);
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.body.errors[0].extensions).toMatchObject({
        ...{ code: 'RATE_LIMITED', reason: 'QUOTA', scope: 'API_KEY', limit: 30 * price },
        ...{ requested: price },
      });
      const seconds = Number(refused?.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(refused?.headers.get('ratelimit')).toMatch(
        /^"key-cost";r=\d+;t=\d+, "cost";r=\d+;t=\d+/,
      );
      // Others of the business go on.
      expect((await askAt(beside, server.apiKey, page)).status).toBe(200);
    });
  });

  limitsTest('what an operation did not use comes back', async () => {
    const query = '{ products(first: 100, search: "nothing is called so") { nodes { id name } } }';
    const first = await server.ask(server.apiKey, query);
    expect(first.cost.actual).toBeLessThan(first.cost.requested / 2);
    // As often as its price in advance would never be had.
    const secret = await makeKey(server, first.cost.requested + 10 * first.cost.actual);
    await untilMinuteIsYoung();
    for (let turn = 0; turn < 10; turn += 1) {
      expect((await server.ask(secret, query)).status).toBe(200);
    }
  });

  limitsTest(
    'more than there is in a minute is another error: to wait would not help',
    async () => {
      const secret = await makeKey(server, 5);
      const { body } = await server.ask(secret, page);
      expect(body.errors[0].extensions).toMatchObject({
        ...{ code: 'BAD_USER_INPUT', reason: 'COST', scope: 'API_KEY', limit: 5, requested: price },
      });
    },
  );
});

/** A window must not end within what is counted. */
async function untilMinuteIsYoung(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 8_000) await new Promise((resolve) => setTimeout(resolve, left + 50));
}

describe('every answer', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server?.close());

  test('says what it cost and what is left, in its headers and in extensions', async () => {
    const owner = await server.tokenOf('owner@lumen.example');
    const { headers, cost } = await server.ask(owner, page);
    expect(headers.get('ratelimit-policy')).toBe(
      '"cost";q=1000000;w=60, "requests";q=10000;w=86400',
    );
    expect(headers.get('ratelimit')).toMatch(/^"cost";r=\d+;t=\d+, "requests";r=\d+;t=\d+$/);
    expect(cost).toMatchObject({ requested: price, budget: { limit: 1_000_000 } });
    expect(cost.budget.remaining).toBeLessThanOrEqual(1_000_000 - cost.actual);
    const resetIn = Date.parse(cost.budget.resetAt) - Date.now();
    expect(resetIn).toBeGreaterThan(-2_000);
    expect(resetIn).toBeLessThanOrEqual(61_000);
  });

  test('what has no business has no budget', async () => {
    const { cost, headers } = await server.ask(null, '{ __typename }');
    expect([cost, headers.get('ratelimit')]).toEqual([undefined, null]);
  });

  test('the query says all of it, for the business and for a key', async () => {
    const query = `{ rateLimit {
      tenant { limit remaining windowSeconds resetAt } apiKey { limit remaining }
      requests { limit remaining windowSeconds } } }`;
    const { body } = await server.ask(server.apiKey, query);
    const { tenant, apiKey, requests } = body.data.rateLimit;
    expect(tenant).toMatchObject({ limit: 1_000_000, windowSeconds: 60 });
    expect(apiKey.limit).toBe(500_000);
    expect(apiKey.remaining).toBeLessThan(500_000);
    expect(requests).toMatchObject({ limit: 10_000, windowSeconds: 86_400 });
    expect(requests.remaining).toBeLessThan(10_000);
  });
});
