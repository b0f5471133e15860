import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';

// The demo's smaller business has 1 000 requests a day.

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@harbor.example');
});
afterAll(() => server?.close());

async function counted(): Promise<number> {
  const [row] = await server.asAdmin(
    `select used::int from app.usage_counters u join app.tenants t on t.id = u.tenant_id
     where t.slug = 'harbor' and meter = 'API_REQUESTS_PER_DAY' and day = (now() at time zone 'utc')::date`,
  );
  return Number(row?.used ?? 0);
}

const setCounted = (used: number) =>
  server.asAdmin(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', (now() at time zone 'utc')::date, $1 from app.tenants where slug = 'harbor'
     on conflict (tenant_id, meter, day) do update set used = excluded.used`,
    [used],
  );

test('with 60 requests of the day left, 240 at once on two servers: exactly 60 are answered', async () => {
  await setCounted(940);
  await withServerBeside(server.environment, async (beside) => {
    const answers = await Promise.all(
      Array.from({ length: 240 }, (_, turn) =>
        askAt(turn % 4 === 0 ? beside : server.url, owner, '{ tenant { name } }'),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(180);
    expect(refused[0]?.body.errors[0]).toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
  });
  await expect.poll(counted).toBe(1_000);
});

test('what is refused is not counted, and Retry-After leads to midnight', async () => {
  await setCounted(1_000);
  const { status, headers, body } = await server.ask(owner, '{ tenant { name } }');
  expect(status).toBe(429);
  const midnight = new Date();
  midnight.setUTCHours(24, 0, 0, 0);
  expect(body.errors[0].extensions).toMatchObject({ scope: 'TENANT', limit: 1_000, remaining: 0 });
  expect(body.errors[0].extensions.resetAt).toBe(midnight.toISOString());
  const seconds = (midnight.getTime() - Date.now()) / 1000;
  expect(Math.abs(Number(headers.get('retry-after')) - seconds)).toBeLessThan(5);
  expect(body.errors[0].message).toBe(
    'Your business has 1000 requests a day with the plan Basic (Premium has 10000), and they are used up.',
  );
  expect(body.errors[0].extensions).toMatchObject({
    plan: 'BASIC',
    plans: ['PREMIUM', 'ENTERPRISE', 'CUSTOM'],
    fix: 'Wait until resetAt (midnight UTC). Change to PREMIUM or ENTERPRISE with the mutation planChange.',
  });
  // Counted by then, if it were.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(await counted()).toBe(1_000);
});

test('across midnight: what is left of one day, then what is left of the next, and each is counted', async () => {
  const clock = (shift: string) =>
    server.asAdmin(`create or replace function app.clock() returns timestamptz language sql volatile
      as $$ select clock_timestamp() + interval '${shift}' $$`);
  // Three days on, so that nothing is held of it yet; midnight comes in two seconds.
  const [row] = await server.asAdmin(
    `select (date_trunc('day', now() at time zone 'utc') + interval '4 days' - interval '2 seconds'
       - (clock_timestamp() at time zone 'utc'))::text as shift`,
  );
  await server.asAdmin(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', (now() at time zone 'utc')::date + ahead, 970
     from app.tenants, unnest(array[3, 4]) as ahead where slug = 'harbor'`,
  );
  await clock(String(row?.shift));
  try {
    await withServerBeside(server.environment, async (beside) => {
      let passed = 0;
      const until = Date.now() + 3_500;
      const caller = async (url: string): Promise<void> => {
        while (Date.now() < until) {
          const { status } = await askAt(url, owner, '{ tenant { name } }');
          if (status === 200) passed += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await Promise.all(
        Array.from({ length: 12 }, (_, place) => caller(place % 3 === 0 ? beside : server.url)),
      );
      expect(passed).toBe(60);
    });
    const days = () =>
      server.asAdmin(
        `select used::int from app.usage_counters u join app.tenants t on t.id = u.tenant_id
         where slug = 'harbor' and meter = 'API_REQUESTS_PER_DAY' and day > (now() at time zone 'utc')::date
         order by day`,
      );
    await expect.poll(days).toEqual([{ used: 1_000 }, { used: 1_000 }]);
  } finally {
    await clock('0');
  }
});

test('the server cannot set the clock of the windows', async () => {
  const [row] = await server.asAdmin(
    `select pg_has_role('tenantry_server', proowner, 'member') as owns from pg_proc where oid = 'app.clock()'::regprocedure`,
  );
  expect(row).toEqual({ owns: false });
});
