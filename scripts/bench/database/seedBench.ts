import pg from 'pg';
import { hashPassword } from '../../../src/auth/passwords.ts';
import { provision } from '../../../src/db/setup/provision.ts';
import { newId } from '../../../src/lib/ids.ts';
import type { BenchDatabase } from './benchDatabase.ts';

export interface SeedSizes {
  readonly tenants: number;
  readonly products: number;
  readonly conversations: number;
  readonly messages: number;
}

/** Of the tenant that is read; every other tenant has a fiftieth of it. */
export const fullSizes: SeedSizes = {
  tenants: 50,
  products: 2_000,
  conversations: 5_000,
  messages: 50_000,
};

export interface Seeded {
  readonly email: string;
  readonly password: string;
  /** Reads happen here, and nobody writes, so that a page is the same page all through the run. */
  readonly reading: { readonly id: string; readonly slug: string };
  /** Creates happen here. */
  readonly writing: { readonly id: string; readonly slug: string };
  /** Products of the tenant that is read, spread over its whole catalogue. */
  readonly productIds: readonly string[];
}

const owner = { email: 'owner@bench.example', password: 'bench-password' };

/**
 * Fills the database as the server's role, tenant by tenant under their policies: a BENCH_DATABASE_URL
 * need not be a superuser's. Ids are UUIDv7 of the rows' own times, as the application makes them.
 */
export async function seedBench(database: BenchDatabase, sizes: SeedSizes): Promise<Seeded> {
  const tenants = Array.from({ length: sizes.tenants }, (_, index) => ({
    id: newId(),
    slug: `bench-${index}`,
    name: `Bench ${index}`,
    description: '',
    // Without limits: what is measured is not what is refused.
    plan: 'CUSTOM',
    createdAt: new Date(Date.now() - 400 * 86_400_000).toISOString(),
  }));
  const passwordHash = await hashPassword(owner.password);
  const users = Array.from({ length: 10 }, (_, index) => ({
    id: newId(),
    email: index === 0 ? owner.email : `agent-${index}@bench.example`,
    name: index === 0 ? 'Owner' : `Agent ${index}`,
    passwordHash,
  }));
  await provision(database.operatorUrl, users, tenants);
  const client = new pg.Client({ connectionString: database.serverUrl, statement_timeout: 0 });
  client.on('error', () => undefined); // the pending query rejects with the same loss
  await client.connect();
  try {
    for (const [index, { id }] of tenants.entries()) {
      const share = index === 0 ? 1 : 50;
      await fillTenant(client, id, users, {
        products: Math.ceil(sizes.products / share),
        conversations: Math.ceil(sizes.conversations / share),
        messages: Math.ceil(sizes.messages / share),
      });
    }
    const [reading, writing] = tenants;
    if (reading === undefined || writing === undefined) throw new Error('two tenants at least');
    const productIds = await someProducts(client, reading.id);
    return { ...owner, reading, writing, productIds };
  } finally {
    await client.end();
    await vacuum(database.adminUrl);
  }
}

/** A UUIDv7 for the time `at`, its random part derived from `salt` and `n`. */
const idAt = (at: string, salt: string): string => `(
  lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0')
  || '7' || substr(md5('${salt}' || n || tenant), 1, 3)
  || '8' || substr(md5('${salt}' || n || tenant), 4, 15))::uuid`;

async function fillTenant(
  client: pg.Client,
  tenantId: string,
  users: readonly { id: string; email: string; name: string }[],
  sizes: Omit<SeedSizes, 'tenants'>,
): Promise<void> {
  const customers = Math.ceil(sizes.conversations / 3);
  const run = (text: string, values: unknown[] = []) =>
    client.query(text.replaceAll(/\btenant\b/g, `'${tenantId}'::uuid`), values);
  await client.query('begin');
  await client.query('set local statement_timeout = 0');
  await client.query('select app.set_tenant($1)', [tenantId]);
  await run('insert into app.tenant_settings (tenant_id) values (tenant)');
  for (const [index, { id, name, email }] of users.entries()) {
    await run(
      `insert into app.members (tenant_id, id, user_id, role, name, email)
       values (tenant, $1, $2, $3, $4, $5)`,
      [newId(), id, index === 0 ? 'OWNER' : 'MEMBER', name, email],
    );
  }
  await run(
    `insert into app.products (tenant_id, id, name, description, sku, price_amount, price_currency,
       category, status, tags, stock, created_at, updated_at)
     select tenant, ${idAt('at', 'product')}, 'Product number ' || n,
       repeat('A thing that is sold, in a few words. ', 3), 'SKU-' || n,
       5 + (n * 7 % 500) + 0.90, 'EUR', 'Category ' || n % 20,
       (array['ACTIVE', 'ACTIVE', 'ACTIVE', 'DRAFT'])[1 + n % 4], array['tag' || n % 7], n % 90, at, at
     from (select n, now() - (n || ' minutes')::interval as at from generate_series(1, $1::int) as n) as each`,
    [sizes.products],
  );
  await run(
    `insert into app.customers (tenant_id, id, phone, name, created_at, updated_at)
     select tenant, ${idAt('at', 'customer')}, '+4915' || (100000000 + n), 'Customer ' || n, at, at
     from (select n, now() - (n || ' hours')::interval as at from generate_series(1, $1::int) as n) as each`,
    [customers],
  );
  await run(
    `with person as (
       select id, row_number() over (order by id) as place from app.customers where tenant_id = tenant)
     insert into app.conversations (tenant_id, id, customer_id, subject, status, last_message_at,
       last_message_preview, created_at, updated_at)
     select tenant, ${idAt('at', 'conversation')}, person.id, 'Question ' || n,
       (array['OPEN', 'PENDING', 'RESOLVED'])[1 + n % 3], at, 'A short line of text', at, at
     from (select n, now() - (n * 5 || ' minutes')::interval as at
           from generate_series(1, $1::int) as n) as each
     join person on person.place = 1 + n % $2::int`,
    [sizes.conversations, customers],
  );
  await run(
    `with thread as (
       select id, customer_id, last_message_at, row_number() over (order by id) as place
       from app.conversations where tenant_id = tenant),
     sender as (select array_agg(id) as ids from app.members where tenant_id = tenant)
     insert into app.messages (tenant_id, id, conversation_id, direction, body, author_member_id,
       author_customer_id, created_at)
     select tenant, ${idAt('at', 'message')}, each.id,
       case when n / $2::int % 2 = 0 then 'OUTBOUND' else 'INBOUND' end,
       'Message ' || n || ', which says what a message says in a line or two.',
       case when n / $2::int % 2 = 0 then sender.ids[1 + n % 10] end,
       case when n / $2::int % 2 = 1 then each.customer_id end, at
     from (select n, thread.id, thread.customer_id,
             thread.last_message_at - ((n / $2::int) * 90 || ' seconds')::interval as at
           from generate_series(0, $1::int - 1) as n
           join thread on thread.place = 1 + n % $2::int) as each
     cross join sender`,
    [sizes.messages, sizes.conversations],
  );
  await client.query('commit');
}

async function someProducts(client: pg.Client, tenantId: string): Promise<string[]> {
  await client.query('begin read only');
  await client.query('select app.set_tenant($1)', [tenantId]);
  const { rows } = await client.query<{ id: string }>(
    `select id from (select id, row_number() over (order by id) as place, count(*) over () as all
       from app.products where tenant_id = $1) as each
     where place % greatest(1, "all" / 20) = 0 limit 20`,
    [tenantId],
  );
  await client.query('commit');
  return rows.map(({ id }) => id);
}

/** Once, so that autovacuum has nothing to do while it is measured. */
export async function vacuum(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query('vacuum (analyze)');
  await client.end();
}
