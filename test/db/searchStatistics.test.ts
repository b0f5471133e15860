import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let clone: TestDatabase;
let admin: pg.Client;
let server: pg.Client;
const small = randomUUID();
const large = randomUUID();

beforeAll(async () => {
  clone = await createTestDatabase();
  admin = new pg.Client({ connectionString: clone.adminUrl });
  server = new pg.Client({ connectionString: clone.serverUrl });
  await Promise.all([admin.connect(), server.connect()]);
  // Statistics name one tenant, the largest, and of the others know the average: as with hundreds of them.
  await admin.query('alter table app.messages alter tenant_id set statistics 1');
  const others = [randomUUID(), randomUUID(), randomUUID()];
  for (const [id, messages] of [
    [small, 900],
    [large, 4_000],
    ...others.map((other) => [other, 1_500] as const),
  ] as const) {
    await admin.query(
      `insert into app.tenants (id, slug, name, plan) values ($1, $2, 'A shop', 'BASIC')`,
      [id, `t${id}`],
    );
    await admin.query(
      `with customer as (insert into app.customers (tenant_id, id, phone) values ($1, gen_random_uuid(), '+4915100000000') returning *),
         conversation as (
           insert into app.conversations (tenant_id, id, customer_id) select tenant_id, gen_random_uuid(), id from customer returning *)
       insert into app.messages (tenant_id, id, conversation_id, direction, body)
       select tenant_id, gen_random_uuid(), id, 'INBOUND', case when n % 15 = 0 then 'Quorble ' else 'Lamp ' end || n
       from conversation, generate_series(1, $2::int) n`,
      [id, messages],
    );
  }
  await admin.query('analyze app.messages');
  await admin.query(
    `update pg_class set reltuples = reltuples * 100 where oid = 'app.messages'::regclass`,
  );
});
afterAll(async () => {
  await server?.end();
  await admin?.end();
  void clone?.drop();
});

async function search(tenant: string, phrase: string): Promise<number | null> {
  await server.query('begin');
  await server.query('select app.set_tenant($1)', [tenant]);
  const { rows } = await server.query(
    'select cardinality(ids) as found from app.search_messages($1)',
    [phrase],
  );
  await server.query('commit');
  return rows[0].found;
}

test('a business whose messages the planner has not counted is not taken for one of the average size', async () => {
  expect(await search(small, 'quorble')).toBe(60);
});

test('one that it has counted is taken for what it says', async () => {
  expect(await search(large, 'quorble')).toBeNull();
});
