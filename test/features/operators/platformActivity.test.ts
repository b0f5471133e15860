import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TenantTransaction } from '../../../src/db/database.ts';
import {
  listActivityOf,
  listTopTenants,
  rollUpActivity,
  sumActivity,
  sumUse,
} from '../../../src/features/operators/platformActivity.queries.ts';
import { openTestOperators, type TestOperators } from '../../support/operators.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// What the demo's businesses asked, planted by the hour; one of them is purged in the end.

let server: TestServer;
let operators: TestOperators;
const ask = (query: string) => operators.ask(operators.token, query);

async function read(query: string) {
  const { body } = await ask(query);
  expect(body.errors).toBeUndefined();
  return body.data;
}

/** So many operations in an hour of days ago: a tenth failed by our fault, and all took 40 ms at most. */
const plant = (slug: string, daysAgo: number, operations: number) =>
  server.asAdmin(
    `insert into app.activity_hours (tenant_id, hour, last_at, operations, client_errors, server_faults, refused,
       ms_1, ms_2, ms_5, ms_10, ms_20, ms_50, ms_100, ms_200, ms_500, ms_1000, ms_2000, ms_5000, ms_10000, ms_more)
     select id, h, h, $3::int, $3::int / 5, $3::int / 10, 7, 0, 0, 0, 0, 0, $3::int, 0, 0, 0, 0, 0, 0, 0, 0
     from app.tenants, lateral (select date_trunc('day', now(), 'UTC') - $2::int * interval '24 hours' + interval '5 hours' as h) hours
     where slug = $1`,
    [slug, daysAgo, operations],
  );

const rollUp = () => operators.database.addUp(rollUpActivity);

beforeAll(async () => {
  server = await startTestServer();
  operators = await openTestOperators(server);
  await server.asAdmin('delete from app.activity_hours');
  await server.asAdmin('delete from app.platform_hours');
  await plant('lumen', 40, 1_000);
  await plant('lumen', 2, 100);
  await plant('harbor', 2, 300);
  await plant('harbor', 1, 50);
});
afterAll(async () => {
  await operators?.close();
  await server?.close();
});

const totals = 'total { operations clientErrors serverFaults errorRate refused p50Ms p95Ms p99Ms }';

test('figures over all tenants are the same before, between and after they are added up', async () => {
  const query = `{ platformActivity(days: 7) { ${totals} series { start operations } } }`;
  const before = (await read(query)).platformActivity;
  expect(before.total).toEqual({
    ...{ operations: 450, clientErrors: 90, serverFaults: 45, errorRate: '0.30', refused: 21 },
    ...{ p50Ms: 35, p95Ms: 49, p99Ms: 50 },
  });
  expect(before.series.map(({ operations }: { operations: number }) => operations)).toEqual([
    ...[0, 0, 0, 0, 400, 50, 0],
  ]);
  // The first round ends a week after the oldest hour.
  await rollUp();
  expect((await read(query)).platformActivity).toEqual(before);
  const hours = () =>
    server.asAdmin('select hour::text, operations::int from app.platform_hours order by hour');
  expect((await hours()).map(({ operations }) => operations)).toEqual([1_000]);
  expect(await rollUp()).toBe(2);
  expect((await hours()).map(({ operations }) => operations)).toEqual([1_000, 400, 50]);
  expect((await read(query)).platformActivity).toEqual(before);
  // Two servers at once, and again.
  await Promise.all([rollUp(), rollUp()]);
  expect((await hours()).map(({ operations }) => operations)).toEqual([1_000, 400, 50]);
  // An hour that is not over stays open.
  const thisHour = (operations: number) =>
    server.asAdmin(
      `update app.activity_hours set operations = $1, hour = date_trunc('hour', now(), 'UTC')
       where hour >= date_trunc('day', now(), 'UTC')`,
      [operations],
    );
  await plant('lumen', 0, 10);
  for (const operations of [20, 30]) {
    await thisHour(operations);
    await rollUp();
    const { total } = (await read(query)).platformActivity;
    expect(total.operations).toBe(450 + operations);
  }
  await server.asAdmin(
    `delete from app.activity_hours where hour >= date_trunc('day', now(), 'UTC')`,
  );
  const byHour = await read(
    '{ platformActivity(days: 2, by: HOUR) { series { start operations } } }',
  );
  const busy = byHour.platformActivity.series.filter(
    ({ operations }: { operations: number }) => operations > 0,
  );
  expect(busy).toEqual([expect.objectContaining({ operations: 50 })]);
});

test('what tenants used is the sum of their days, added up or not', async () => {
  await server.asAdmin('delete from app.platform_days');
  await server.asAdmin(
    `insert into app.usage_days (tenant_id, meter, day, slot, feature, api_key_id, used)
     select id, 'AI_TOKENS_PER_MONTH', app.usage_today() - ago, 0, 'test', '00000000-0000-0000-0000-000000000000', 10 + ago
     from app.tenants, unnest(array[0, 1, 5, 9, 30]) ago where slug in ('lumen', 'harbor')`,
  );
  const query = '{ platformActivity(days: 10) { usage { meter used daily { used } } } }';
  const tokens = async () =>
    (await read(query)).platformActivity.usage.find(
      ({ meter }: { meter: string }) => meter === 'AI_TOKENS_PER_MONTH',
    );
  // The demo's own are there already.
  const before = await tokens();
  expect(before.used).toBeGreaterThanOrEqual(2 * (10 + 11 + 15 + 19));
  while ((await rollUp()) > 0);
  expect(await tokens()).toEqual(before);
  const [{ newest } = {}] = await server.asAdmin(
    'select (app.usage_today() - max(day))::int as newest from app.platform_days',
  );
  // What may still be settled stays open.
  expect(Number(newest)).toBeGreaterThan(2);
});

test('what a killed server has leased is added up when it is settled', async () => {
  await server.asAdmin('delete from app.platform_days');
  await server.asAdmin(
    `with lease as (
       insert into app.quota_leases
         (tenant_id, id, meter, period, day, feature, api_key_id, amount, last_event_id, expires_at)
       select id, '01900000-0000-7000-8000-000000000000', 'PRODUCTS', '1970-01-01', app.usage_today() - 5, 'productCreate',
         '00000000-0000-0000-0000-000000000000', 64, '01900000-0190-7fff-bfff-ffffffffffff', now() - interval '5 days'
       from app.tenants where slug = 'lumen' returning tenant_id, id)
     insert into app.audit_events (tenant_id, id, actor_kind, actor_name, action, target_type, request_id, quota_lease)
     select tenant_id, '01900000-0001-7000-8000-000000000000', 'SYSTEM', 'A test', 'product.created', 'Product', 'test', id
     from lease`,
  );
  const products = async () =>
    (
      await read('{ platformActivity(days: 10) { usage { meter used } } }')
    ).platformActivity.usage.find(({ meter }: { meter: string }) => meter === 'PRODUCTS');
  while ((await rollUp()) > 0);
  const [{ id } = {}] = await server.asAdmin(`select id from app.tenants where slug = 'lumen'`);
  await server.database.withTenant(String(id), { mode: 'write' }, (tx) =>
    tx.query('select app.sweep_reservations()'),
  );
  expect(await server.asAdmin('select from app.quota_leases')).toEqual([]);
  const settled = await products();
  expect(settled.used).toBeGreaterThan(0);
  while ((await rollUp()) > 0);
  expect(await products()).toEqual(settled);
});

test('the tenants that lead are listed, with what they did', async () => {
  await server.asAdmin('delete from app.activity_hours');
  await plant('lumen', 0, 10);
  await plant('harbor', 0, 40);
  await server.asAdmin(
    `update app.activity_hours a set hour = date_trunc('hour', now(), 'UTC') - interval '2 hours',
       server_faults = case slug when 'lumen' then 3 else 0 end
     from app.tenants t where t.id = a.tenant_id`,
  );
  const top = async (args: string) =>
    (
      await read(
        `{ topTenants(hours: 5, ${args}) { tenant { slug } activity { operations errorRate } } }`,
      )
    ).topTenants.map(({ tenant }: { tenant: { slug: string } }) => tenant.slug);
  expect(await top('by: OPERATIONS')).toEqual(['harbor', 'lumen']);
  expect(await top('by: OPERATIONS, first: 1')).toEqual(['harbor']);
  expect(await top('by: SERVER_FAULTS')).toEqual(['lumen']);
  // Ten operations make no rate.
  expect(await top('by: ERROR_RATE')).toEqual(['harbor']);
  const { tenants } = await read(
    '{ tenants { nodes { slug activity { operations refused lastActivityAt } } } }',
  );
  expect(
    Object.fromEntries(
      tenants.nodes.map(({ slug, activity }: { slug: string; activity: object }) => [
        slug,
        activity,
      ]),
    ),
  ).toMatchObject({ lumen: { operations: 10 }, harbor: { operations: 40 } });
  for (const args of ['first: 51', 'hours: 73', 'first: 0']) {
    const wrong = await ask(`{ topTenants(by: REFUSED, ${args}) { tenant { slug } } }`);
    expect(wrong.body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  }
});

test('growth: who is there, who came, and who is gone', async () => {
  const query =
    '{ platformActivity(days: 3) { total { operations } growth { tenants { status plan count } daily { day created purged } } } }';
  const before = (await read(query)).platformActivity;
  const count = before.growth.tenants.reduce(
    (sum: number, { count }: { count: number }) => sum + count,
    0,
  );
  expect(count).toBe(2);
  expect(before.growth.daily.at(-1)).toMatchObject({ created: 0, purged: 0 });
  await server.asAdmin(`update app.tenants set created_at = now() where slug = 'harbor'`);
  await server.asAdmin(
    `insert into app.purged_tenants (id, slug, plan, created_at, purged_at, removed)
     values (gen_random_uuid(), 'gone', 'BASIC', now() - interval '24 hours', now(), '{}')`,
  );
  const { daily } = (await read(query)).platformActivity.growth;
  expect(daily).toHaveLength(3);
  expect(daily.at(-1)).toMatchObject({ created: 1, purged: 1 });
  expect(daily.at(-2)).toMatchObject({ created: 1, purged: 0 });
});

test('aliases read nothing twice, and without a sign-in there is nothing', async () => {
  const parts = Array.from({ length: 20 }, (_, n) => `t${n}: total { operations }`);
  expect(
    Object.keys((await read(`{ platformActivity { ${parts.join(' ')} } }`)).platformActivity),
  ).toHaveLength(20);
  const { body } = await operators.ask(null, '{ platformActivity { total { operations } } }');
  expect(body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
});

test('no figure is read by a scan of what all tenants did', async () => {
  await server.asAdmin(
    `insert into app.tenants (id, slug, name, plan)
     select gen_random_uuid(), 'beside-' || n, 'Beside', 'BASIC' from generate_series(1, 100) n`,
  );
  await server.asAdmin(
    `insert into app.activity_hours select old.* from app.tenants t,
       (select * from app.activity_hours limit 1) a, generate_series(1, 200) age,
       jsonb_populate_record(null::app.activity_hours, to_jsonb(a) || jsonb_build_object('tenant_id', t.id,
         'hour', date_trunc('hour', now(), 'UTC') - age * interval '1 hour')) old on conflict do nothing`,
  );
  await server.asAdmin(
    `insert into app.usage_days (tenant_id, meter, day, slot, feature, api_key_id, used)
     select id, 'MESSAGES_PER_DAY', app.usage_today() - age, 0, 'test', '00000000-0000-0000-0000-000000000000', 1
     from app.tenants, generate_series(1, 200) age on conflict do nothing`,
  );
  await server.asAdmin(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', app.usage_today() - age, 1
     from app.tenants, generate_series(1, 200) age on conflict do nothing`,
  );
  await server.asAdmin('delete from app.platform_days');
  while ((await rollUp()) > 0);
  await server.asAdmin('analyze');
  const [{ id } = {}] = await server.asAdmin('select id from app.tenants limit 1');
  const scans: string[] = [];
  await operators.database.read(async (tx) => {
    /** Explains what it is asked. */
    const explaining = Object.create(tx, {
      query: {
        value: async (text: string, values: unknown[]) => {
          const { rows } = await tx.query<Record<string, string>>(`explain ${text}`, values);
          scans.push(
            ...rows.flatMap((row) => Object.values(row)).filter((at) => /Seq Scan/.test(at)),
          );
          return tx.query(text, values);
        },
      },
    }) as TenantTransaction;
    await sumActivity(explaining, { days: 90, span: 'DAY' });
    await sumUse(explaining, 90);
    await listTopTenants(explaining, { by: 'OPERATIONS', hours: 5, first: 10 });
    await listActivityOf(explaining, { ids: [String(id)], hours: 24 });
  });
  expect(scans.filter((at) => !/platform_(hours|days)/.test(at))).toEqual([]);
});
