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
