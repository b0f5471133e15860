import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepTenants } from '../../../src/app/sweep.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// The demo's larger business has analyses of use, and the smaller has not.

let server: TestServer;
let owner: string;
beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

const counts = 'operations clientErrors serverFaults errorRate refused p50Ms p95Ms p99Ms';

async function activityOf(credential: string, args = 'days: 1, by: HOUR', more = '') {
  const { body } = await server.ask(
    credential,
    `{ activity(${args}) { ${counts} lastActivityAt ${more} } }`,
  );
  expect(body.errors).toBeUndefined();
  return body.data.activity;
}

/** As stored; what is read counts itself a second later. */
async function storedOf(slug: string) {
  const [row] = await server.asAdmin(
    `select coalesce(sum(operations), 0)::int as operations, coalesce(sum(client_errors), 0)::int as "clientErrors",
       coalesce(sum(server_faults), 0)::int as "serverFaults", coalesce(sum(refused), 0)::int as refused,
       coalesce(sum(ms_1 + ms_2 + ms_5 + ms_10 + ms_20 + ms_50 + ms_100 + ms_200 + ms_500 + ms_1000
         + ms_2000 + ms_5000 + ms_10000 + ms_more), 0)::int as timed
     from app.activity_hours a join app.tenants t on t.id = a.tenant_id where t.slug = $1`,
    [slug],
  );
  return row as Record<
    'operations' | 'clientErrors' | 'serverFaults' | 'refused' | 'timed',
    number
  >;
}

test('operations are counted by the hour, with what went wrong and how long it took', async () => {
  for (let turn = 0; turn < 6; turn += 1) await server.ask(owner, '{ tenant { name } }');
  // Of the caller's doing.
  const denied = '{ product(id: "con_00000000000000000000000000") { id } }';
  for (let turn = 0; turn < 3; turn += 1) {
    expect((await server.ask(owner, denied)).body.errors).toBeDefined();
  }
  // Not ours to count: never executed.
  await server.ask(owner, '{ nothingOfTheKind }');
  await expect.poll(() => storedOf('lumen')).toMatchObject({ operations: 9, clientErrors: 3 });
  expect(await storedOf('lumen')).toMatchObject({ serverFaults: 0, refused: 0, timed: 9 });
  const read = await activityOf(owner);
  expect(read).toMatchObject({ operations: 9, clientErrors: 3, serverFaults: 0, refused: 0 });
  expect(read.errorRate).toBe('0.3333');
  expect(read.p50Ms).toBeGreaterThan(0);
  expect(read.p99Ms).toBeGreaterThanOrEqual(read.p50Ms);
  expect(Math.abs(Date.now() - Date.parse(read.lastActivityAt))).toBeLessThan(10_000);
});

test('what is the server’s fault is told apart', async () => {
  const before = await storedOf('lumen');
  await server.asAdmin('revoke select on app.customers from tenantry_server');
  const failed = await server.ask(owner, '{ customers { nodes { id } } }');
  await server.asAdmin('grant select on app.customers to tenantry_server');
  expect(failed.body.errors[0].extensions.code).toBe('INTERNAL');
  await expect
    .poll(async () => (await storedOf('lumen')).serverFaults)
    .toBe(before.serverFaults + 1);
  expect((await storedOf('lumen')).clientErrors).toBe(before.clientErrors);
});

test('what is refused with 429 is counted beside the operations', async () => {
  const harbor = await server.tokenOf('owner@harbor.example');
  await server.asAdmin(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', app.usage_today(), 1000 from app.tenants where slug = 'harbor'
     on conflict (tenant_id, meter, day) do update set used = excluded.used`,
  );
  const before = await storedOf('harbor');
  for (let turn = 0; turn < 4; turn += 1) {
    expect((await server.ask(harbor, '{ tenant { name } }')).status).toBe(429);
  }
  await expect.poll(async () => (await storedOf('harbor')).refused).toBe(before.refused + 4);
  expect((await storedOf('harbor')).operations).toBe(before.operations);
  // And no request of any day.
  const days = await server.asAdmin(
    `select day::text from app.usage_counters u join app.tenants t on t.id = u.tenant_id
     where t.slug = 'harbor' and day < '2000-01-01'`,
  );
  expect(days).toEqual([]);
  await server.asAdmin(`delete from app.usage_counters where meter = 'API_REQUESTS_PER_DAY'`);
});

test('what could not be written down is written later, once', async () => {
  const before = await storedOf('lumen');
  await server.asAdmin('revoke update on app.activity_hours from tenantry_server');
  for (let turn = 0; turn < 5; turn += 1) await server.ask(owner, '{ tenant { name } }');
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect((await storedOf('lumen')).operations).toBe(before.operations);
  await server.asAdmin('grant update on app.activity_hours to tenantry_server');
  await expect.poll(async () => (await storedOf('lumen')).operations).toBe(before.operations + 5);
  await server.ask(owner, '{ tenant { name } }');
  await expect.poll(async () => (await storedOf('lumen')).operations).toBe(before.operations + 6);
});

test('a series has a point for every hour or day; it needs a plan with such analyses', async () => {
  const hours = (await activityOf(owner, 'days: 2, by: HOUR', 'series { start operations }'))
    .series;
  expect(hours.length).toBe(24 + new Date().getUTCHours() + 1);
  const days = (await activityOf(owner, 'days: 7', 'series { start operations p50Ms }')).series;
  expect(days).toHaveLength(7);
  expect(days[0]).toMatchObject({ operations: 0, p50Ms: null });
  expect(days[6].start).toBe(`${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`);
  expect(days[6].operations).toBeGreaterThan(8);

  const harbor = await server.tokenOf('owner@harbor.example');
  const { body } = await server.ask(harbor, '{ activity { operations series { start } } }');
  expect(body.data.activity).toMatchObject({ series: null });
  expect(body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'PLAN' });
  const wrong = await server.ask(owner, '{ activity(days: 32, by: HOUR) { operations } }');
  expect(wrong.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
});

test('a business sees its own alone', async () => {
  const harbor = await server.tokenOf('owner@harbor.example');
  await server.asAdmin(
    `update app.activity_hours set operations = operations + 1000000
     where tenant_id = (select id from app.tenants where slug = 'lumen')`,
  );
  expect((await activityOf(owner)).operations).toBeGreaterThan(1_000_000);
  expect((await activityOf(harbor)).operations).toBeLessThan(1_000);
});

test('what is older than 90 days is swept, of every business', async () => {
  await server.asAdmin(
    `insert into app.activity_hours select old.*
     from (select distinct on (tenant_id) * from app.activity_hours) a, unnest(array[89, 92, 200]) age,
       jsonb_populate_record(null::app.activity_hours,
         to_jsonb(a) || jsonb_build_object('hour', now() - age * interval '24 hours')) old`,
  );
  const old = () =>
    server.asAdmin(
      `select distinct (extract(day from now() - hour))::int as days, count(*)::int as tenants
       from app.activity_hours where hour < now() - interval '2 days' group by 1 order by 1`,
    );
  expect(await old()).toEqual([89, 92, 200].map((days) => ({ days, tenants: 2 })));
  await sweepTenants(server.database);
  expect(await old()).toEqual([{ days: 89, tenants: 2 }]);
});
