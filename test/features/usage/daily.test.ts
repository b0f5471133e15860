import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

/** The fewest of five times: the server also counts requests, once a second. */
async function statementsOf(query: string): Promise<number> {
  const counted: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const { statements } = server.database.statistics;
    expect((await server.ask(owner, query)).body.errors).toBeUndefined();
    counted.push(server.database.statistics.statements - statements);
  }
  return Math.min(...counted);
}

test('the days of all meters are one statement, and each meter has its own', async () => {
  const one = '{ usage(meters: [MESSAGES_PER_DAY]) { daily(days: 7) { used } } }';
  const all = '{ usage { daily(days: 7) { used } } }';
  expect(await statementsOf(all)).toBe(await statementsOf(one));
  const read = '{ usage { meter period used daily(days: 3) { day used } long: daily { used } } }';
  const usage = (await server.ask(owner, read)).body.data.usage as {
    meter: string;
    period: string;
    used: number;
    daily: { day: string; used: number }[] | null;
    long: { used: number }[] | null;
  }[];
  const stored = await server.asAdmin(
    `select meter, day::text, used::int from app.usage_days u join app.tenants t on t.id = u.tenant_id
     where t.slug = 'lumen'`,
  );
  for (const { meter, period, daily, long } of usage) {
    expect(daily?.length ?? null).toBe(period === 'NONE' ? null : 3);
    expect(long?.slice(-3)).toEqual(daily?.map(({ used }) => ({ used })));
    if (meter === 'API_REQUESTS_PER_DAY') continue;
    for (const { day, used } of daily ?? []) {
      const row = stored.find((each) => each.meter === meter && each.day === day);
      expect({ meter, day, used }).toEqual({ meter, day, used: row?.used ?? 0 });
    }
  }
});
