import type pg from 'pg';
import type { GrowthSize } from './sizes.ts';

interface MeasuredTenant {
  readonly id: string;
  readonly products: number;
  readonly conversations: number;
}

/**
 * Everything of all tenants, table by table in the order of time: so the rows of a tenant lie between
 * those of its neighbours, as where many write at once, and not side by side as after a loop over tenants.
 */
export async function fillTables(
  client: pg.Client,
  measured: readonly MeasuredTenant[],
  size: GrowthSize,
): Promise<void> {
  await fillTenants(client, measured, size);
  for (const text of [...people, ...catalogue, ...inbox]) await client.query(text);
  const { rows } = await client.query<{ threads: number }>(
    'select count(*)::int as threads from thread',
  );
  await client.query(shortConversations(rows[0]?.threads ?? 0));
  for (const text of records) await client.query(text);
}

/** The 400 days before now, evenly: the n-th newest of `all`, apart from other tenants' by a little. */
const moment = (n: string, all: string): string =>
  `date_trunc('milliseconds', now() - (${n}::float8 / ${all}) * interval '400 days' - place * interval '1 ms')`;
const idAt = (at: string): string => `uuidv7(${at} - clock_timestamp())`;

/** Few big neighbours and many small ones: the r-th has 1/r^0.6 of the biggest. */
async function fillTenants(
  client: pg.Client,
  measured: readonly MeasuredTenant[],
  { tenants, conversations, products }: GrowthSize,
): Promise<void> {
  await client.query(
    `create temp table sized as
     select id as tenant_id, 0 as place, products, conversations
     from jsonb_to_recordset($1::jsonb) as measured(id uuid, products int, conversations int)`,
    [JSON.stringify(measured)],
  );
  await client.query(
    `insert into sized
     select uuidv7(-interval '400 days' + n * interval '1 second'), n,
       greatest(1, ($2::float8 * weight / sum(weight) over ())::int),
       greatest(1, ($3::float8 * weight / sum(weight) over ())::int)
     from (select n, power(n, -0.6) as weight from generate_series(1, $1::int) as n) as each`,
    [tenants - measured.length, products, conversations],
  );
  await client.query(
    `insert into app.tenants (id, slug, name, plan, status)
     select tenant_id, 'neighbour-' || place, 'Neighbour ' || place, 'PREMIUM', 'ACTIVE'
     from sized where place > 0`,
  );
}

const people = [
  `insert into app.tenant_routes (kind, key, tenant_id)
   select 'SLUG', 'neighbour-' || place, tenant_id from sized where place > 0`,
  'insert into app.tenant_settings (tenant_id) select tenant_id from sized',
  `insert into app.users (id, email, name)
   select uuidv7(), 'person-' || place || '-' || n || '@bench.example', 'Person ' || n
   from sized, generate_series(1, 3) as n where place > 0`,
  `insert into app.members (tenant_id, id, user_id, role, name, email)
   select tenant_id, uuidv7(), users.id, case when n = 1 then 'OWNER' else 'MEMBER' end, users.name, users.email
   from sized, generate_series(1, 3) as n, app.users
   where place > 0 and users.email = 'person-' || place || '-' || n || '@bench.example'
   union all
   select tenant_id, uuidv7(), users.id, case when users.name = 'Owner' then 'OWNER' else 'MEMBER' end, users.name, users.email
   from sized, app.users where place = 0 and users.email not like 'person-%'`,
  `create temp table staff as
   select tenant_id, array_agg(id) as ids, count(*)::int as count from app.members group by tenant_id`,
  `create temp table person as
   select tenant_id, place, n, ${idAt('at')} as id, at
   from (select *, ${moment('n', '(conversations / 3 + 1)')} as at
         from sized, generate_series(1, conversations / 3 + 1) as n) as each`,
  `insert into app.customers (tenant_id, id, phone, name, created_at, updated_at)
   select tenant_id, id, '+4915' || (100000000 + n), 'Customer ' || n, at, at from person order by at`,
];

const catalogue = [
  `insert into app.products (tenant_id, id, name, description, sku, price_amount, price_currency,
     category, status, tags, stock, created_at, updated_at)
   select tenant_id, ${idAt('at')}, 'Product number ' || n,
     repeat('A thing that is sold, in a few words. ', 3) || case when place > 0 then 'Made next door.' else '' end, 'SKU-' || n, 5 + (n * 7 % 500) + 0.90, 'EUR',
     'Category ' || n % 20, (array['ACTIVE', 'ACTIVE', 'ACTIVE', 'DRAFT'])[1 + n % 4],
     array['tag' || n % 7], n % 90, at, at
   from (select *, ${moment('n', 'products')} as at
         from sized, generate_series(1, products) as n) as each
   order by at`,
];

const inbox = [
  `create temp table thread as
   select (row_number() over (order by each.at) - 1)::int as turn, each.tenant_id, each.n, ${idAt('each.at')} as id,
     person.id as customer_id, each.at
   from (select *, ${moment('n', 'conversations')} as at
         from sized, generate_series(1, conversations) as n) as each
   join person on person.tenant_id = each.tenant_id and person.n = 1 + each.n % (conversations / 3 + 1)`,
  'analyze thread',
  `insert into app.conversations (tenant_id, id, customer_id, assignee_id, subject, status, labels,
     last_message_at, last_message_preview, created_at, updated_at)
   select tenant_id, id, customer_id, case when turn % 3 > 0 then staff.ids[1 + turn % staff.count] end,
     'Question ' || turn, (array['OPEN', 'PENDING', 'RESOLVED', 'RESOLVED'])[1 + turn % 4],
     case when turn % 3 = 0 then array['delivery'] else '{}' end, at, 'A short line of text', at, at
   from thread join staff using (tenant_id) order by turn`,
  // One long conversation in each measured tenant, to read deep in its history.
  messages(
    `select thread.*, k, at - (k + 100) * interval '1 minute' as said_at
     from thread join sized using (tenant_id), generate_series(1, 2000) as k
     where sized.place = 0 and thread.n = 500`,
  ),
];

/**
 * Ten messages in each. A thousand conversations at a time are going on: their messages lie between each
 * other's. The count is in the text, so that the planner hashes the threads and keeps this order.
 */
const shortConversations = (threads: number): string =>
  messages(
    `select thread.*, i % 10000 / 1000 as k, at - (9 - i % 10000 / 1000) * interval '90 seconds' as said_at
     from generate_series(0, ${Math.ceil(threads / 1_000) * 10_000 - 1}) as i
     join thread on thread.turn = i / 10000 * 1000 + i % 1000`,
  );

function messages(said: string): string {
  return `insert into app.messages (tenant_id, id, conversation_id, direction, body, author_member_id,
      author_customer_id, created_at)
    select tenant_id, ${idAt('said_at')}, said.id, case when k % 2 = 0 then 'OUTBOUND' else 'INBOUND' end,
      'Message ' || k || ' of ' || turn || ', which says what a message says in a line or two.',
      case when k % 2 = 0 then staff.ids[1 + k % staff.count] end,
      case when k % 2 = 1 then customer_id end, said_at
    from (${said}) as said join staff using (tenant_id)`;
}

const records = [
  `insert into app.audit_events (tenant_id, id, occurred_at, actor_kind, actor_name, action, target_type,
     target_id, request_id)
   select tenant_id, ${idAt('at')}, at, 'SYSTEM', 'Bench', (array['product.created', 'message.sent'])[1 + n % 2],
     'Product', uuidv7(), 'request-' || n
   from (select *, ${moment('n', '(conversations + products)')} as at
         from sized, generate_series(1, conversations + products) as n) as each
   order by at`,
  `insert into app.usage_counters (tenant_id, meter, day, used)
   select tenant_id, 'API_REQUESTS_PER_DAY', app.usage_today() - n, 10 + n
   from generate_series(0, 39) as n, sized`,
  `insert into app.usage_days (tenant_id, meter, day, slot, feature, api_key_id, used)
   select tenant_id, meter, app.usage_today() - n, n % 3, 'messageSend', '00000000-0000-0000-0000-000000000000', 10 + n
   from generate_series(0, 39) as n, sized, unnest(array['MESSAGES_PER_DAY', 'CONVERSATIONS_PER_MONTH']) as meter`,
];
