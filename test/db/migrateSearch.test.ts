import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/db/setup/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let clone: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  clone = await createTestDatabase();
  admin = new pg.Client({ connectionString: clone.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  void clone?.drop();
});

/** As it was before searches came from indexes: Postgres' parser split, and no words were kept. */
const makeOld = `
  comment on column app.products.search_vector is null;
  comment on table app.product_words is null;
  comment on schema app is 'tenantry of before';
  create or replace function app.product_search_vector(name text, sku text, category text, tags text[], description text)
  returns tsvector language sql immutable parallel safe
  as $$ select to_tsvector('pg_catalog.simple', app.fold(concat_ws(' ', name, sku))) $$;
  insert into app.tenants (id, slug, name, plan, status)
  select gen_random_uuid(), slug, slug, 'BASIC', 'ACTIVE' from unnest(array['one', 'two']) as slug;
  insert into app.products (tenant_id, id, sku, name, status, price_amount, price_currency, tags)
  select id, gen_random_uuid(), 'SKU-7', 'Red/Blue Lantern of ' || slug, 'ACTIVE', 1, 'EUR', '{}' from app.tenants`;

const found = async (phrase: string) => {
  await admin.query('begin');
  await admin.query(`select app.set_tenant(id) from app.tenants where slug = 'one'`);
  const { rows } = await admin.query(
    'select cardinality(ids) as found from app.search_products($1)',
    [phrase],
  );
  await admin.query('rollback');
  return rows[0]?.found;
};
const state = async () => {
  const { rows } = await admin.query(
    `select (select array_agg(tenant_id || word order by tenant_id, word) from app.product_words) as words,
       (select array_agg(search_vector::text order by name) from app.products) as vectors,
       (select array_agg(xmin::text order by name) from app.products) as versions`,
  );
  return rows[0];
};

test('products of before the search from indexes are found, by their words and with a typo', async () => {
  await admin.query(makeOld);
  expect([await found('blue'), await found('lantren')]).toEqual([0, 0]);
  await migrate({ url: clone.adminUrl });
  expect([await found('blue'), await found('lantren'), await found('sku-7')]).toEqual([1, 1, 1]);
  const after = await state();
  expect(after.words).toHaveLength(2 * 4); // red, blue, lantern and the slug, in each of the two
  const { rows: forced } = await admin.query(
    `select relname from pg_class where oid in ('app.products'::regclass, 'app.product_words'::regclass)
     and not relforcerowsecurity`,
  );
  expect(forced).toEqual([]);
  // Again, even where everything is written anew: no row is touched.
  await migrate({ url: clone.adminUrl, repair: true });
  expect(await state()).toEqual(after);
});

test('what searches of an earlier version call is there until there are others', async () => {
  await admin.query(`
    comment on schema app is 'tenantry of before';
    create function app.search_bit(word text) returns int language sql as 'select 7'`);
  const old = async () =>
    (await admin.query(`select to_regprocedure('app.search_bit(text)') as old`)).rows[0]?.old;
  // Stops the migration where it gives tables their policies, as one that is killed there would stop.
  const reader = new pg.Client({ connectionString: clone.adminUrl });
  await reader.connect();
  await reader.query('begin; lock table app.products in access share mode');
  const migrated = migrate({ url: clone.adminUrl });
  try {
    const waiting = `select from pg_locks where not granted and relation = 'app.products'::regclass`;
    await expect.poll(async () => (await admin.query(waiting)).rowCount).toBe(1);
    expect(await old()).not.toBeNull();
  } finally {
    await reader.end();
    await migrated;
  }
  expect(await old()).toBeNull();
});
