import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// SECURITY 34: one business' flood leaves another's latency alone. Fewer connections to Postgres than the
// flood has requests, so that they wait for one.

let server: TestServer;
let flooder: string;
let other: string;
beforeAll(async () => {
  server = await startTestServer({ DATABASE_POOL_SIZE: '4' });
  flooder = await server.tokenOf('owner@lumen.example');
  other = await server.tokenOf('owner@harbor.example');
});
afterAll(() => server?.close());

const light = '{ tenant { name } }';

test('changes of one business that wait for a lock of theirs leave another its connections', async () => {
  await askAt(server.url, other, light);
  const change = 'mutation { tenantUpdate(input: { description: "x" }) { userErrors { code } } }';
  const flood: Promise<unknown>[] = [];
  await server.holding(
    `select from app.tenants where slug = 'lumen' for no key update`,
    [],
    async () => {
      for (let turn = 0; turn < 40; turn += 1) flood.push(askAt(server.url, flooder, change));
      await expect.poll(waitingForLock).toBeGreaterThanOrEqual(3);
      for (let turn = 0; turn < 5; turn += 1) {
        expect((await askAt(server.url, other, light)).status).toBe(200);
      }
    },
  );
  await Promise.all(flood);
});

test('of those that are refused of one business, another waits for none', async () => {
  const made = await server.ask(
    flooder,
    'mutation { apiKeyCreate(input: { name: "k", scopes: ["products:read"], costPerMinute: 30 }) { secret } }',
  );
  const { secret } = made.body.data.apiKeyCreate;
  const page = '{ products(first: 10) { nodes { id } } }';
  await expect.poll(async () => (await askAt(server.url, secret, page)).status).toBe(429);
  const alone = await timeOf(20);
  let isOver = false;
  const flood = Array.from({ length: 10 }, async () => {
    let refused = 0;
    while (!isOver) if ((await askAt(server.url, secret, page)).status === 429) refused += 1;
    return refused;
  });
  const beside = await timeOf(20);
  isOver = true;
  const refused = await Promise.all(flood);
  // More than one beside each read, on a machine that is busy otherwise, too.
  expect(refused.reduce((sum, each) => sum + each)).toBeGreaterThan(20);
  // The test's own client shares the processor with both.
  expect(beside).toBeLessThan(alone * 10 + 30);
});

test('documents that are refused, by whoever sends them, do not hold up who is served', async () => {
  const alone = await timeOf(20);
  for (const credential of [flooder, null]) {
    let isOver = false;
    const flood = Array.from({ length: 200 }, async () => {
      let refused = 0;
      for (; !isOver; refused += 1) await askAt(server.url, credential, '{ nonsense }');
      return refused;
    });
    const beside = await timeOf(10);
    isOver = true;
    expect((await Promise.all(flood)).every((refused) => refused > 0)).toBe(true);
    expect(beside).toBeLessThan(alone * 10 + 30);
  }
});

async function waitingForLock(): Promise<number> {
  const [row] = await server.asAdmin(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return Number(row?.count);
}

/** Median of so many reads of the other business, in ms. */
async function timeOf(times: number): Promise<number> {
  const taken: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const started = performance.now();
    expect((await askAt(server.url, other, light)).status).toBe(200);
    taken.push(performance.now() - started);
  }
  return taken.sort((one, two) => one - two)[times >> 1] ?? 0;
}
