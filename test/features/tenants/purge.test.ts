import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeDueTenants } from '../../../src/app/purgeTenants.ts';
import { type Database, openDatabase, type TenantTransaction } from '../../../src/db/database.ts';
import { createTwoTenants, type TwoTenants } from '../../rls/support/twoTenants.ts';

// Both tenants have a row in every table that the catalogue has, so a new table is under this test by
// being there.

let tenants: TwoTenants;
let database: Database;
beforeAll(async () => {
  tenants = await createTwoTenants();
  database = openDatabase({
    url: tenants.serverUrl,
    applicationName: 'purge test',
    poolSize: 2,
    maxWaiting: 10,
    acquireTimeoutMs: 2_000,
    operationTimeoutMs: 10_000,
    closeTimeoutMs: 2_000,
    pipeline: true,
    namedStatements: true,
  });
});
afterAll(async () => {
  await database?.close();
  await tenants?.close();
});

const quiet = { info: () => undefined, error: (...said: unknown[]) => errors.push(said) };
const errors: unknown[] = [];

/** Schema-qualified names of all tables in which a text occurs, whatever column it is in. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await tenants.admin.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await tenants.admin.query(
      `select from ${name} t where strpos(t::text, $1) > 0 limit 1`,
      [text],
    );
    if (rowCount) found.push(name);
  }
  return found.sort();
}

/** Columns of tables above tenants that may name one, such as the business that a session is for. */
async function namersOfTenants(): Promise<[table: string, column: string][]> {
  const { rows } = await tenants.admin.query<{ table: string; column: string }>(
    `select c.oid::regclass::text as table, a.attname as column
     from pg_constraint k join pg_class c on c.oid = k.conrelid
     join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] and not a.attnotnull
     where k.contype = 'f' and k.confrelid = 'app.tenants'::regclass`,
  );
  return rows.map(({ table, column }) => [table, column]);
}

const end = (tenantId: string, purgeAt: string) =>
  tenants.admin.query(
    `update app.tenants set status = 'DELETING', purge_at = ${purgeAt} where id = $1`,
    [tenantId],
  );

test('a business that is not due keeps every row, whoever calls', async () => {
  const { a } = tenants;
  const before = await tenants.everythingOf(a);
  const call = () =>
    database.withTenant(a, { mode: 'write' }, (tx) => tx.query('select app.purge_tenant(100)'));
  await expect(call()).rejects.toMatchObject({ sqlState: '55000' });
  await end(a, `now() + interval '1 minute'`);
  await expect(call()).rejects.toMatchObject({ sqlState: '55000' });
  expect(await purgeDueTenants(database, quiet)).toEqual([]);
  const state = `update app.tenants set status = 'ACTIVE', purge_at = null where id = $1`;
  await tenants.admin.query(state, [a]);
  const [was, is] = [before, await tenants.everythingOf(a)].map((text) =>
    text.replaceAll(/"status": "\w+"/g, ''),
  );
  expect(is).toBe(was);
});

test('the server’s role cannot end a business and purge it at once, whatever grace it asks for', async () => {
  const { a } = tenants;
  const before = await tenants.everythingOf(a);
  for (const grace of ['-1 day', '0']) {
    const both = database.withTenant(a, { mode: 'write' }, async (tx) => {
      const { rows } = await tx.query<{ soon: boolean }>(
        `select purge_at < now() + interval '9 minutes' as soon from app.request_deletion($1)`,
        [grace],
      );
      expect(rows).toEqual([{ soon: false }]);
      return tx.query('select app.purge_tenant(100000)');
    });
    await expect(both).rejects.toMatchObject({ sqlState: '55000' });
  }
  expect(await tenants.everythingOf(a)).toBe(before);
});

test('the role that purges sees the one tenant that is set, whatever its function asks', async () => {
  const { b, admin } = tenants;
  await admin.query('begin');
  await admin.query('select app.set_tenant($1)', [b]);
  await admin.query('set local role tenantry_purger');
  for (const { name, tenantKey } of tenants.tables) {
    const { rows } = await admin.query(`select distinct ${tenantKey} as tenant from ${name}`);
    expect([name, ...rows.map(({ tenant }) => tenant)]).toEqual([name, b]);
  }
  await admin.query('rollback');
});

test('a batch stops at its size, and two at once are one', async () => {
  const { a } = tenants;
  await end(a, "now() - interval '1 second'");
  const purge = (most: number) =>
    database.withTenant(a, { mode: 'write' }, async (tx) => {
      const { rows } = await tx.query<{ removed: number }>(
        'select app.purge_tenant($1) as removed',
        [most],
      );
      return rows[0]?.removed;
    });
  expect(await purge(3)).toBe(3);
  const held = database.withTenant(a, { mode: 'write' }, async (tx) => {
    await tx.query('select app.purge_tenant(1)');
    return purge(1);
  });
  expect(await held).toBe(-1);
});

test('what is being restored is not purged, and what is being purged is not restored', async () => {
  const { b, admin } = tenants;
  const before = await tenants.everythingOf(b);
  const { rows } = await admin.query(
    `update app.members m set role = 'OWNER', left_at = null,
       user_id = coalesce(m.user_id, (select u.id from app.users u limit 1))
     where m.tenant_id = $1 returning m.user_id`,
    [b],
  );
  await admin.query(`update app.tenants set status_before_deletion = 'ACTIVE' where id = $1`, [b]);
  const restore = async (tx: TenantTransaction) =>
    (await tx.query('select status from app.restore_tenant($1)', [rows[0].user_id])).rows.length;
  const purge = () =>
    database.withTenant(b, { mode: 'write' }, async (tx) => {
      const purged = await tx.query<{ removed: number }>('select app.purge_tenant(1) as removed');
      return purged.rows[0]?.removed;
    });

  await end(b, `clock_timestamp() + interval '1.5 s'`);
  await database.withTenant(b, { mode: 'write' }, async (tx) => {
    expect(await restore(tx)).toBe(1);
    await admin.query('select pg_sleep(1.6)');
    expect(await purge()).toBe(-1);
  });
  await expect(purge()).rejects.toMatchObject({ sqlState: '55000' });
  expect((await tenants.everythingOf(b)).length).toBeGreaterThan(before.length / 2);

  const undone = new Error('rolled back');
  const late = database.withTenant(b, { mode: 'write' }, async (tx) => {
    await tx.query('select 1');
    // An operator ends the grace while the owner's transaction is open. The column rounds to milliseconds,
    // so the end is a few of them ago, and the transaction is older than that.
    await admin.query('select pg_sleep(0.01)');
    await end(b, "clock_timestamp() - interval '2 ms'");
    expect(await restore(tx)).toBe(0);
    throw undone;
  });
  await expect(late).rejects.toBe(undone);
  await admin.query(`update app.tenants set status = 'ACTIVE', purge_at = null where id = $1`, [b]);
});

test('a purged business is in no table but the operators’ record, and the other is untouched', async () => {
  const { a, b } = tenants;
  const other = await tenants.everythingOf(b);
  for (const [table, column] of await namersOfTenants()) {
    await tenants.admin.query(`update ${table} set ${column} = $1`, [a]);
  }
  const people = await tenants.admin.query('select count(*)::int as n from app.users');
  const names = tenants.tables.map(({ name }) => name.replace('app.', ''));
  expect(names).toEqual(expect.arrayContaining(['messages', 'audit_events', 'tenant_domains']));
  expect(await purgeDueTenants(database, quiet)).toEqual([a]);
  expect(errors).toEqual([]);
  expect(await tablesWith(a)).toEqual(['app.purged_tenants']);
  expect(await tenants.everythingOf(b)).toBe(other);
  expect((await tenants.admin.query('select count(*)::int as n from app.users')).rows).toEqual(
    people.rows,
  );
  const { rows } = await tenants.admin.query(
    'select removed from app.purged_tenants where id = $1',
    [a],
  );
  expect(Object.keys(rows[0].removed).sort()).toEqual(
    names.filter((name) => name !== 'tenants').sort(),
  );
  expect(await purgeDueTenants(database, quiet)).toEqual([]);
});

test('businesses that cannot be removed keep none that are due after them', async () => {
  const { a, admin } = tenants;
  await admin.query(
    `create table app.stuck (of uuid references app.tenants (id));
     with many as (
       insert into app.tenants (id, slug, name, plan, status, purge_at)
       select gen_random_uuid(), 'stuck-' || n, 'Stuck', 'BASIC', 'DELETING', now() - interval '1 day'
       from generate_series(1, 12) n returning id
     ) insert into app.stuck select id from many`,
  );
  await admin.query(
    `insert into app.tenants (id, slug, name, plan, status, purge_at)
     values ($1, 'later', 'Later', 'BASIC', 'DELETING', now() - interval '1 second')`,
    [a],
  );
  expect(await purgeDueTenants(database, quiet)).toEqual([a]);
  expect(errors.splice(0)).toHaveLength(12);
  await admin.query('drop table app.stuck');
  expect(await purgeDueTenants(database, quiet)).toHaveLength(12);
});

test('a table that came later is purged too, once it is migrated', async () => {
  const { b } = tenants;
  await tenants.admin.query(
    `create table app.later (tenant_id uuid not null, id int, before int, primary key (tenant_id, id),
       foreign key (tenant_id, before) references app.later (tenant_id, id));
     alter table app.later enable row level security; alter table app.later force row level security`,
  );
  await tenants.admin.query(await readFile('sql/everyTable/purge.sql', 'utf8'));
  // More than a batch, each row but the first after another of the same table.
  await tenants.admin.query(
    'insert into app.later select $1, n, nullif(n - 1, 0) from generate_series(1, 3000) n',
    [b],
  );
  await end(b, "now() - interval '1 second'");
  expect(await purgeDueTenants(database, quiet)).toEqual([b]);
  expect(await tablesWith(b)).toEqual(['app.purged_tenants']);
});
