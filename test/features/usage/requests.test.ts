import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutate } from '../../support/accounts.ts';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

// Requests of the day in counter, ledger and warnings, with two servers that write them in batches.

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
  const ofRequests = `meter = 'API_REQUESTS_PER_DAY'`;
  await server.asAdmin(`with counters as (delete from app.usage_counters where ${ofRequests}),
      warnings as (delete from app.notifications)
    delete from app.usage_days where ${ofRequests}`);
  // Before the server has heard of this business.
  await server.asAdmin(
    `insert into app.tenant_overrides (tenant_id, kind, code, limit_value, reason)
     select id, 'LIMIT', 'API_REQUESTS_PER_DAY', 100, 'a test' from app.tenants where slug = 'lumen'`,
  );
});
afterAll(() => server?.close());

const analysis = `{ usage(meters: [API_REQUESTS_PER_DAY]) { used
  daily(days: 2) { used } byFeature { feature used } byApiKey { apiKey { name } used } } }`;

/** What the interface says; itself no request. */
const read = async () => (await server.ask(owner, analysis)).body.data.usage[0];

const inLedger = async () => {
  const [row] = await server.asAdmin(
    `select sum(used)::int as used from app.usage_days where meter = 'API_REQUESTS_PER_DAY'`,
  );
  return row?.used;
};

const warnings = async () =>
  (
    await server.asAdmin(
      `select data -> 'percent' as percent, data -> 'used' as used from app.notifications
       where data ->> 'meter' = 'API_REQUESTS_PER_DAY' order by 1`,
    )
  ).map(({ percent, used }) => ({ percent, used: Number(used) }));

test('what two servers answer is counted by first root field and API key, and warned of once a mark', async () => {
  const input = { name: 'Till', scopes: ['products:read'] };
  const { secret } = await mutate(server, 'apiKeyCreate', input, 'secret', owner);
  await withServerBeside(server.environment, async (beside) => {
    /** How many of them were answered. */
    const ask = async (count: number, credential: string, query: string): Promise<number> => {
      const answers = await Promise.all(
        Array.from({ length: count }, (_, turn) =>
          askAt(turn % 2 === 0 ? beside : server.url, credential, query),
        ),
      );
      return answers.filter(({ status }) => status === 200).length;
    };
    const both = '{ products(first: 1) { nodes { id } } other: features { code } }';
    const passed = await Promise.all([
      ask(30, owner, '{ tenant { name } products(first: 1) { nodes { id } } }'),
      ask(20, secret, both),
      ask(10, secret, '{ other: features { code } }'),
      ask(10, server.apiKey, 'query Q { ...F } fragment F on Query { products { nodes { id } } }'),
      // Answered, with an error.
      ask(4, secret, '{ tenant { name } }'),
    ]);
    expect(passed).toEqual([30, 20, 10, 10, 4]);
    await expect.poll(inLedger).toBe(75);
    const usage = await read();
    expect(usage).toMatchObject({ used: 75, daily: [{ used: 0 }, { used: 75 }] });
    expect(usage.byFeature).toEqual([
      ...[
        { feature: 'tenant', used: 34 },
        { feature: 'products', used: 30 },
      ],
      ...[
        { feature: 'features', used: 10 },
        { feature: 'apiKeyCreate', used: 1 },
      ],
    ]);
    expect(usage.byApiKey).toEqual([
      ...[
        { apiKey: { name: 'Till' }, used: 34 },
        { apiKey: null, used: 31 },
      ],
      { apiKey: { name: expect.any(String) }, used: 10 },
    ]);
    expect(await warnings()).toEqual([]);

    // Past the mark, rather than onto it.
    expect(await ask(12, owner, '{ tenant { name } }')).toBe(12);
    await expect.poll(warnings).toHaveLength(1);
    const [first] = await warnings();
    expect(first?.percent).toBe(80);
    expect(await ask(40, owner, '{ tenant { name } }')).toBe(13);
    await expect.poll(warnings).toHaveLength(2);
    expect(await warnings()).toEqual([first, { percent: 100, used: 100 }]);
    await expect.poll(inLedger).toBe(100);
    expect((await read()).used).toBe(100);
  });
});
