import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countRequests } from '../../src/app/countRequests.ts';
import type { Database } from '../../src/db/database.ts';
import { DatabaseUnavailable } from '../../src/db/errors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let lumen: string;
beforeAll(async () => {
  server = await startTestServer();
  const [row] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  lumen = String(row?.id);
});
afterAll(() => server?.close());

const counted = async () => {
  const [row] = await server.asAdmin(
    `select coalesce(sum(used), 0)::int as used from app.usage_counters
     where tenant_id = $1 and meter = 'API_REQUESTS_PER_DAY'`,
    [lumen],
  );
  return Number(row?.used);
};

/** The real database, which is away for the first tries; says which businesses were tried. */
function flaky(away: number) {
  const tried: string[] = [];
  const warned: string[] = [];
  const database = {
    withTenant: (...args: Parameters<Database['withTenant']>) => {
      tried.push(args[0]);
      if (tried.length <= away) {
        return Promise.reject(new DatabaseUnavailable('CONNECT_FAILED', 'It is away.'));
      }
      return server.database.withTenant(...args);
    },
  } as Pick<Database, 'withTenant'>;
  const logger = { warn: (_what: unknown, message?: string) => void warned.push(String(message)) };
  return { tried, warned, database, logger };
}

test('a purged business is not counted again and again; one that could not be counted yet is', async () => {
  const before = await counted();
  const gone = randomUUID();
  const { tried, warned, database, logger } = flaky(1);
  const counter = countRequests(database, logger);
  counter.count(lumen);
  counter.count(lumen);
  counter.count(gone);
  await expect.poll(counted, { timeout: 5_000 }).toBe(before + 2);
  await counter.close();
  expect(tried).toEqual([lumen, gone, lumen]);
  expect(warned).toEqual(['requests could not be counted yet', 'requests are not counted']);
});

test('what waits while the database is away is bounded', async () => {
  const { tried, database, logger } = flaky(Number.POSITIVE_INFINITY);
  const counter = countRequests(database, logger, 3);
  for (let each = 0; each < 10; each += 1) counter.count(randomUUID());
  await counter.close();
  expect(tried).toHaveLength(3);
});
