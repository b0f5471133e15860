import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { leaseQuota } from '../../../src/features/usage/quotaLeases.queries.ts';
import { noApiKey } from '../../../src/features/usage/useMeter.queries.ts';
import { useMeter } from '../../../src/features/usage/useMeter.ts';
import { Refusal } from '../../../src/lib/errors.ts';
import { lastIdWithin, newId } from '../../../src/lib/ids.ts';
import { askAt } from '../../support/ask.ts';
import { startTestServer, type TestServer, withServerBeside } from '../../support/server.ts';
import { spawnServer } from '../../support/serverProcess.ts';
import { countsOf, limit, somebody, within } from './support/meters.ts';

// While one business makes many products, a process counts units in advance and products by their audit events.

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
}, 30_000);
afterAll(() => server?.close());
beforeEach(async () => {
  await settled();
  await limit(server, 'lumen', { PRODUCTS: 1_000_000 });
});

const create = (n: number | string, sku: string | null = null) =>
  `a${n}: productCreate(input: { name: "No. ${n}", sku: ${JSON.stringify(sku)}, price: { amount: "1", currencyCode: "EUR" } }) {
    product { id } userErrors { code } }`;

/** Creates some at once, each as a request of its own; answers the codes of what was refused. */
async function make(url: string, count: number, sku?: string): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      askAt(url, owner, `mutation { ${create(n, sku ?? null)} }`),
    ),
  );
  return answers.flatMap(({ body }) => {
    if (body.errors) throw new Error(JSON.stringify(body.errors));
    const [outcome] = Object.values<{ userErrors: { code: string }[] }>(body.data);
    return outcome?.userErrors.map(({ code }) => code) ?? [];
  });
}

/** How many of lumen's products count themselves by a lease. */
async function byLease(): Promise<number> {
  const [row] = await server.asAdmin(
    `select count(*)::int as count from app.audit_events a join app.tenants t on t.id = a.tenant_id
     where t.slug = 'lumen' and a.quota_lease is not null`,
  );
  return Number(row?.count);
}

/** Creates until at least `wanted` more of them were counted by leases; answers how many it made in all. */
async function makeByLease(url: string, wanted: number): Promise<number> {
  const before = await byLease();
  let made = 0;
  while ((await byLease()) < before + wanted) {
    expect(await make(url, 10)).toEqual([]);
    made += 10;
  }
  return made;
}

const openLeases = async () =>
  Number((await server.asAdmin('select count(*)::int as count from app.quota_leases'))[0]?.count);

/** Resolves when nothing is leased any more. */
const settled = () => expect.poll(openLeases, { timeout: 10_000 }).toBe(0);

/** As every change of plan does with its COMMIT. */
const announce = () =>
  server.asAdmin(
    `select pg_notify('tenantry_identity', id::text) from app.tenants where slug = 'lumen'`,
  );

/** Counter, ledger and rows as one statement sees them. */
async function compare(): Promise<{ counted: number; ledger: number; stored: number }> {
  return within(server, 'lumen', async (tx) => {
    const { rows } = await tx.query<{ counted: number; ledger: number; stored: number }>(
      `select counted, ledger, stored from app.compare_usage('PRODUCTS')`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('no row');
    return row;
  });
}

/** How a use of so many units ends: null, or the code of its refusal. */
async function use(amount: number): Promise<string | null> {
  try {
    await within(server, 'lumen', (tx) =>
      useMeter(tx, somebody, { meter: 'PRODUCTS', amount, feature: 'test' }),
    );
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.issues[0]?.code ?? '';
    throw error;
  }
}

test('counter and ledger are what the rows are, at every moment, and nothing stays leased', async () => {
  const before = await compare();
  expect(before.counted).toBe(before.stored);
  let isMaking = true;
  let mostLeased = 0;
  const looking = (async () => {
    while (isMaking) {
      const { counted, ledger, stored } = await compare();
      expect({ counted, ledger }).toEqual({ counted: stored, ledger: stored });
      mostLeased = Math.max(mostLeased, await openLeases());
    }
  })();
  const made = await makeByLease(server.url, 100);
  isMaking = false;
  await looking;
  expect(mostLeased).toBeGreaterThan(0);
  const shown = '{ usage(meters: [PRODUCTS]) { used reserved } }';
  await settled();
  expect(await compare()).toEqual({
    counted: before.counted + made,
    ledger: before.ledger + made,
    stored: before.stored + made,
  });
  const { body } = await server.ask(owner, shown);
  expect(body.data.usage).toEqual([{ used: before.counted + made, reserved: 0 }]);
});

test('what clients read is exact while units are leased', async () => {
  await server.asAdmin(
    `update app.plans set features = '{USAGE_ANALYTICS}' where code = 'TEST lumen'`,
  );
  await announce();
  const query = `{ usage(meters: [PRODUCTS]) {
    used reserved byFeature(days: 1) { feature used } byApiKey(days: 1) { used apiKey { id } } } }`;
  const read = async () => {
    const [{ used, reserved, byFeature, byApiKey }] = (await server.ask(owner, query)).body.data
      .usage;
    const created = byFeature?.find(
      ({ feature }: { feature: string }) => feature === 'productCreate',
    );
    const people = byApiKey?.find(({ apiKey }: { apiKey: unknown }) => apiKey === null);
    return { used, reserved, created: created?.used, people: people?.used };
  };
  await makeByLease(server.url, 1);
  await settled();
  await expect.poll(async () => (await read()).created).toBeGreaterThan(0);
  const before = await read();
  const made = await makeByLease(server.url, 30);
  expect(await openLeases()).toBeGreaterThan(0);
  expect(await read()).toEqual({
    used: before.used + made,
    reserved: 0,
    created: before.created + made,
    people: before.people + made,
  });
});

test('what is undone has used nothing', async () => {
  const before = await compare();
  let made = await makeByLease(server.url, 10);
  expect(await make(server.url, 1, 'TAKEN-1')).toEqual([]);
  // By the only field's transaction, by a savepoint, and by an error of the whole operation.
  expect(await make(server.url, 8, 'TAKEN-1')).toEqual(Array(8).fill('SKU_TAKEN'));
  const fields = [create('kept'), create('double', 'TAKEN-1')];
  const { body } = await server.ask(owner, `mutation { ${fields.join(' ')} }`);
  expect(body.data.adouble.userErrors[0].code).toBe('SKU_TAKEN');
  made += 2;
  await settled();
  expect(await compare()).toEqual({
    counted: before.counted + made,
    ledger: before.ledger + made,
    stored: before.stored + made,
  });
});

test('who needs all that is left gets it, though some of it was leased, and no more', async () => {
  const { counted } = await countsOf(server, 'lumen', 'PRODUCTS');
  await limit(server, 'lumen', { PRODUCTS: counted + 5_000 });
  const made = await makeByLease(server.url, 20);
  expect(await openLeases()).toBeGreaterThan(0);
  expect(await use(5_001 - made)).toBe('QUOTA_EXCEEDED');
  await makeByLease(server.url, 10);
  const { counted: now } = await countsOf(server, 'lumen', 'PRODUCTS');
  expect(await openLeases()).toBeGreaterThan(0);
  expect(await use(counted + 5_000 - now)).toBeNull();
  expect(await make(server.url, 3)).toEqual(Array(3).fill('QUOTA_EXCEEDED'));
  expect((await countsOf(server, 'lumen', 'PRODUCTS')).counted).toBe(counted + 5_000);
  await server.asAdmin(`delete from app.usage_days where feature = 'test'`);
  await server.asAdmin(`delete from app.usage_slots where meter = 'PRODUCTS'`);
  await within(server, 'lumen', (tx) => tx.query('select from app.reconcile_usage(true)'));
});

test('near a mark nothing is leased, and exactly the limit passes', async () => {
  const before = await byLease();
  const { counted: some } = await countsOf(server, 'lumen', 'PRODUCTS');
  // Four fifths are 200 more.
  await limit(server, 'lumen', { PRODUCTS: Math.ceil(((some + 200) * 5) / 4) });
  for (let turn = 0; turn < 6; turn += 1) expect(await make(server.url, 10)).toEqual([]);
  const { counted } = await countsOf(server, 'lumen', 'PRODUCTS');
  await limit(server, 'lumen', { PRODUCTS: counted + 60 });
  const refused = await make(server.url, 100);
  expect(refused).toEqual(Array(40).fill('QUOTA_EXCEEDED'));
  expect(await byLease()).toBe(before);
  expect((await countsOf(server, 'lumen', 'PRODUCTS')).counted).toBe(counted + 60);
});

test('a lower limit holds at once', async () => {
  await makeByLease(server.url, 20);
  expect(await openLeases()).toBeGreaterThan(0);
  const { counted } = await countsOf(server, 'lumen', 'PRODUCTS');
  await limit(server, 'lumen', { PRODUCTS: counted });
  await announce();
  let passed = 0;
  while ((await make(server.url, 1)).length === 0) passed += 1;
  // The notification is on its way as long as some creates are; the lease would have gone on for dozens.
  expect(passed).toBeLessThan(10);
  expect(await make(server.url, 5)).toEqual(Array(5).fill('QUOTA_EXCEEDED'));
});

test('what a killed server has used is counted from its rows', async () => {
  const beside = spawnServer(server.environment);
  const url = await beside.url;
  const before = await compare();
  const made = await makeByLease(url, 50);
  await beside.end('SIGKILL');
  expect(await openLeases()).toBeGreaterThan(0);
  const after = { counted: before.counted + made, ledger: before.ledger + made };
  expect(await compare()).toMatchObject(after);
  // Two minutes later.
  await server.asAdmin('update app.quota_leases set expires_at = now()');
  await within(server, 'lumen', (tx) => tx.query('select app.sweep_reservations()'));
  expect(await openLeases()).toBe(0);
  expect(await compare()).toEqual({ ...after, stored: before.stored + made });
  const days = await server.asAdmin(
    `select sum(used)::int as used from app.usage_days d join app.tenants t on t.id = d.tenant_id
     where t.slug = 'lumen' and meter = 'PRODUCTS'`,
  );
  expect(days).toEqual([{ used: after.ledger }]);
});

const lease = (amount: number, id = newId()): Promise<number> =>
  within(server, 'lumen', (tx) =>
    leaseQuota(tx, {
      id,
      lastEventId: lastIdWithin(id, 0),
      meter: 'PRODUCTS',
      wanted: amount,
      feature: 'productCreate',
      apiKeyId: noApiKey,
      seconds: 120,
    }),
  );

test('what a killed server has leased keeps nobody waiting, who has room or has none', async () => {
  expect(await lease(64)).toBe(64);
  await server.asAdmin(`update app.quota_leases set expires_at = now() + interval '100 s'`);
  const { counted } = await countsOf(server, 'lumen', 'PRODUCTS');
  // All of them pass four fifths, and have a fifth more.
  await limit(server, 'lumen', { PRODUCTS: Math.ceil(((counted + 64) * 5) / 4) + 10 });
  expect(await make(server.url, 40)).toEqual([]);
  await limit(server, 'lumen', { PRODUCTS: counted });
  expect(await make(server.url, 40)).toEqual(Array(40).fill('QUOTA_EXCEEDED'));
  expect((await countsOf(server, 'lumen', 'PRODUCTS')).counted).toBe(counted + 40);
  expect(await openLeases()).toBe(1);
  await server.asAdmin('update app.quota_leases set expires_at = now()');
  await within(server, 'lumen', (tx) => tx.query('select app.sweep_reservations()'));
});

test('units are leased as soon as one of those who hold every slot is through', async () => {
  const leased = await server.holding(
    `select pg_advisory_xact_lock(app.slot_lock(id, 'PRODUCTS') | slot)
     from app.tenants, generate_series(0, 15) slot where slug = 'lumen'`,
    [],
    async () => {
      const waiting = () =>
        server.asAdmin(
          `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`,
        );
      // Who looks for a slot gives up after some 50 ms, perhaps before it was seen.
      for (;;) {
        let gaveUp = false;
        const asked = lease(64).finally(() => {
          gaveUp = true;
        });
        while (!gaveUp) if ((await waiting()).length > 0) return { asked };
        expect(await asked).toBe(0);
      }
    },
  );
  expect(await leased.asked).toBe(64);
  await server.asAdmin('update app.quota_leases set expires_at = now()');
  await within(server, 'lumen', (tx) => tx.query('select app.sweep_reservations()'));
});

test('nothing is leased of a limit that is about to end', async () => {
  await server.asAdmin(
    `insert into app.tenant_overrides (tenant_id, kind, code, limit_value, reason, expires_at)
     select id, 'LIMIT', 'PRODUCTS', 1000000, 'A test', now() + interval '3 s' from app.tenants where slug = 'lumen'`,
  );
  expect(await lease(64)).toBe(0);
  await server.asAdmin(`update app.tenant_overrides set expires_at = now() + interval '1 hour'`);
  expect(await lease(64)).toBe(64);
  await server.asAdmin('delete from app.tenant_overrides');
  await server.asAdmin('update app.quota_leases set expires_at = now()');
  await within(server, 'lumen', (tx) => tx.query('select app.sweep_reservations()'));
});

test('a server that stops gives back what it has leased', async () => {
  const before = await compare();
  let made = 0;
  await withServerBeside(server.environment, async (url) => {
    made = await makeByLease(url, 20);
    expect(await openLeases()).toBeGreaterThan(0);
  });
  expect(await openLeases()).toBe(0);
  expect(await compare()).toMatchObject({ counted: before.counted + made });
});
