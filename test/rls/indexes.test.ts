import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantTransaction } from '../../src/db/database.ts';
import { findConversationsByIds } from '../../src/features/conversations/conversations.queries.ts';
import { findCustomersByIds } from '../../src/features/customers/customers.queries.ts';
import { findProductsByIds } from '../../src/features/products/products.queries.ts';
import { explain, explainInside, type Plan } from './support/plan.ts';
import { createTwoTenants, type TwoTenants } from './support/twoTenants.ts';

// Two traps. For an operator that is not leakproof, an index under row-level security stays unused,
// and every row of the tenant is filtered. And a planner that takes the policy and the query's own
// tenant_id = $1 for two conditions multiplies them: among many tenants it then expects one row,
// takes any index that begins with the tenant, and reads and sorts all that the tenant has (2.7 ms
// instead of 0.03 for a page of 2 500 events among 200 tenants). So there are many tenants here.

const tenantsBeside = 120;
const rowsEach = 80;

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await createTwoTenants();
  await tenants.admin.query(
    `insert into app.tenants (id, slug, name, plan)
     select gen_random_uuid(), 'beside-' || n, 'Beside', 'BASIC' from generate_series(1, ${tenantsBeside}) n`,
  );
  await fill();
});
afterAll(() => tenants.close());

/** As many rows for each tenant. */
async function fill(): Promise<void> {
  const { admin } = tenants;
  const each = `app.tenants t, generate_series(1, ${rowsEach}) n`;
  const moment = `timestamptz '2036-01-01' + n * interval '1 minute'`;
  await admin.query(
    `insert into app.products (tenant_id, id, name, sku, price_amount, price_currency, category, created_at, updated_at)
     select t.id, gen_random_uuid(), md5(n::text), 'SKU-' || n, n, 'EUR', 'Category ' || n % 10, ${moment}, ${moment}
     from ${each}`,
  );
  await admin.query(
    `insert into app.customers (tenant_id, id, phone, created_at)
     select t.id, gen_random_uuid(), '+4915' || 100000000 + n, ${moment} from ${each}`,
  );
  await admin.query(
    `insert into app.conversations (tenant_id, id, customer_id, last_message_at, created_at)
     select tenant_id, gen_random_uuid(), id, created_at, created_at from app.customers`,
  );
  await admin.query(
    `insert into app.messages (tenant_id, id, conversation_id, direction, body, created_at)
     select tenant_id, gen_random_uuid(), id, 'INBOUND', 'hello number n' || n * 7, created_at + n * interval '1 second'
     from app.conversations, generate_series(1, 2) n`,
  );
  await admin.query(
    `insert into app.audit_events (tenant_id, id, occurred_at, actor_kind, actor_name, action, target_type, target_id, request_id)
     select t.id, gen_random_uuid(), ${moment}, 'SYSTEM', 'test', 'product.created', 'Product', gen_random_uuid(), 'r' from ${each}`,
  );
  await admin.query('analyze');
}

const firstId = '00000000-0000-0000-0000-000000000000';
const middle = new Date(Date.parse('2036-01-01T00:00:00Z') + (rowsEach / 2) * 60_000).toISOString();

const sortsAndIndexes = ({ nodes, indexes }: Plan) => ({
  sorts: nodes.filter((node) => /Sort|Seq Scan|Bitmap/.test(node)),
  indexes,
});

describe('a page is read from an index, without sorting', () => {
  it.each([
    [
      'products',
      'created_at',
      'timestamptz',
      middle,
      'products_tenant_id_created_at_id_search_signature_idx',
    ],
    ['products', 'updated_at', 'timestamptz', middle, 'products_tenant_id_updated_at_id_idx'],
    ['products', 'name_key', 'text', '8', 'products_tenant_id_name_key_id_idx'],
    [
      'products',
      'price_amount',
      'numeric',
      String(rowsEach / 2),
      'products_tenant_id_price_amount_id_idx',
    ],
    ['customers', 'created_at', 'timestamptz', middle, 'customers_tenant_id_created_at_id_idx'],
    [
      'conversations',
      'last_message_at',
      'timestamptz',
      middle,
      'conversations_tenant_id_last_message_at_id_idx',
    ],
    [
      'conversations',
      'created_at',
      'timestamptz',
      middle,
      'conversations_tenant_id_created_at_id_idx',
    ],
    ['messages', 'created_at', 'timestamptz', middle, 'messages_tenant_id_created_at_id_idx'],
    [
      'audit_events',
      'occurred_at',
      'timestamptz',
      middle,
      'audit_events_tenant_id_occurred_at_id_idx',
    ],
  ])('of %s by %s', async (table, column, type, value, index) => {
    const expected = { sorts: [], indexes: [index] };
    for (const [direction, compared] of [
      ['desc', '<'],
      ['asc', '>'],
    ]) {
      const order = `order by ${column} ${direction}, id ${direction} limit 6`;
      await tenants.asTenant(tenants.a, async (client) => {
        const first = `select * from app.${table} where tenant_id = $1 ${order}`;
        expect((await explain(client, ['uuid'], [tenants.a], first)).map(sortsAndIndexes)).toEqual([
          expected,
          expected,
        ]);
        const next = `select * from app.${table} where tenant_id = $1 and (${column}, id) ${compared} ($2, $3) ${order}`;
        const keyed = await explain(
          client,
          ['uuid', type, 'uuid'],
          [tenants.a, value, firstId],
          next,
        );
        expect(keyed.map(sortsAndIndexes)).toEqual([expected, expected]);
      });
    }
  });

  it('of the last messages of many conversations', async () => {
    const text = `select m.* from unnest($2::uuid[]) as asked (id) cross join lateral (
      select * from app.messages
      where tenant_id = $1 and conversation_id = asked.id order by created_at desc, id desc limit 5) m`;
    const plans = await tenants.asTenant(tenants.a, async (client) => {
      const { rows } = await client.query(
        'select array_agg(id) ids from (select id from app.conversations limit 20) c',
      );
      return explain(client, ['uuid', 'uuid[]'], [tenants.a, `{${rows[0].ids}}`], text);
    });
    const expected = {
      sorts: [],
      indexes: ['messages_tenant_id_conversation_id_created_at_id_idx'],
    };
    expect(plans.map(sortsAndIndexes)).toEqual([expected, expected]);
  });

  it.each([
    ['by id', 'products', 'id = $2', 'uuid', firstId, 'products_pkey'],
    ['by SKU', 'products', 'sku = $2', 'text', 'SKU-7', 'products_tenant_id_sku_key'],
    [
      'by phone',
      'customers',
      'phone = $2',
      'text',
      '+4915100000007',
      'customers_tenant_id_phone_key',
    ],
  ])('one row %s', async (_how, table, condition, type, value, index) => {
    const text = `select * from app.${table} where tenant_id = $1 and ${condition}`;
    const plans = await tenants.asTenant(tenants.a, (client) =>
      explain(client, ['uuid', type], [tenants.a, value], text),
    );
    for (const { indexes } of plans) expect(indexes).toEqual([index]);
  });
});

describe('the server’s role', () => {
  it('starts no workers and compiles no plans, however dear a plan looks', async () => {
    const cheap = ['parallel_setup_cost', 'parallel_tuple_cost', 'min_parallel_table_scan_size'];
    const plans = async (client: pg.Client) => {
      for (const setting of cheap) await client.query(`set local ${setting} = 0`);
      const { rows } = await client.query(
        'explain (format json) select count(*) from app.products',
      );
      return JSON.stringify(rows);
    };
    await tenants.asTenant(tenants.a, async (client) => {
      expect(await plans(client)).not.toContain('Gather');
      expect((await client.query('show jit')).rows).toEqual([{ jit: 'off' }]);
      // It is the role's setting, and not that there is nothing to be gathered.
      await client.query('set local max_parallel_workers_per_gather = 2');
      expect(await plans(client)).toContain('Gather');
    });
  });
});

describe('search', () => {
  it('lets no index of words keep a long list of new entries, which every search reads', async () => {
    const { rows } = await tenants.admin.query(
      `select c.relname, c.reloptions from pg_class c join pg_am a on a.oid = c.relam
       where a.amname = 'gin' and c.relnamespace = 'app'::regnamespace
         and c.relname <> 'tenants_search_idx' -- which is the operators'
       order by 1`,
    );
    expect(rows.map((row) => row.relname)).toEqual(
      expect.arrayContaining(['messages_search_vector_idx', 'products_search_vector_idx']),
    );
    for (const { relname, reloptions } of rows) {
      expect([relname, reloptions]).toEqual([relname, ['gin_pending_list_limit=256']]);
    }
  });

  /** Runs `work` as tenant A where no other index of products is there to be used; rolls back. */
  async function withIndexOnly<T>(index: string, work: () => Promise<T>): Promise<T> {
    const { admin, a } = tenants;
    await admin.query('begin');
    // Among 100 000 rows, 20 000 of them the tenant's, the planner chooses both by itself; to fill that takes 10 s.
    await admin.query(
      `update pg_index set indisvalid = false
       where indexrelid <> $1::text::regclass
         and indrelid = (select indrelid from pg_index where indexrelid = $1::text::regclass)`,
      [`app.${index}`],
    );
    await admin.query('set local enable_seqscan = off');
    // A plan that is made once for all words does not show them.
    for (const asking of ['rank_products', 'match_messages']) {
      await admin.query(
        `alter function app.${asking}(uuid, tsquery, tsquery) set plan_cache_mode = auto`,
      );
    }
    await tellPlans();
    await admin.query('set local role tenantry_server');
    await admin.query('select app.set_tenant($1)', [a]);
    return work().finally(() => admin.query('rollback'));
  }
  async function tellPlans(): Promise<void> {
    for (const setting of [
      'min_duration = 0',
      'nested_statements = on',
      'format = json',
      'level = notice',
    ]) {
      await tenants.admin.query(`set local auto_explain.log_${setting}`);
    }
  }
  beforeAll(async () => {
    await tenants.admin.query(`load 'auto_explain'`);
    // Of fewer than 300 a search looks at each.
    await tenants.admin.query(
      `insert into app.messages (tenant_id, id, conversation_id, direction, body, created_at)
       select tenant_id, gen_random_uuid(), id, 'INBOUND', 'more number ' || n, timestamptz '2036-02-01' + n * interval '1 minute'
       from (select * from app.conversations where tenant_id = $1 limit 1) c, generate_series(1, 400) n`,
      [tenants.a],
    );
  });

  it('uses no index for the words of a query that row-level security applies to', async () => {
    // Why search_products() exists. When this fails, Postgres has learned better: drop the function.
    const [plan] = await withIndexOnly('products_search_vector_idx', () =>
      explain(
        tenants.admin,
        ['uuid', 'text'],
        [tenants.a, 'red'],
        `select id from app.products where tenant_id = $1
           and app.tenant_words(tenant_id, search_vector) @@ app.tenant_query($1, to_tsquery('simple', $2))`,
      ),
    );
    expect(plan?.nodes).toContain('Seq Scan products');
  });

  it.each([
    ['products_search_vector_idx', 'search_products', 'c4ca4238a0b9'],
    ['messages_search_vector_idx', 'search_messages', 'number n7'],
  ])('looks up the tenant’s rare words in %s inside %s()', async (index, name, phrase) => {
    const plans = await withIndexOnly(index, () =>
      explainInside(tenants.admin, async () => {
        const { rows } = await tenants.admin.query(`select unnest(ids) from app.${name}($1)`, [
          phrase,
        ]);
        expect(rows.length).toBeGreaterThan(0);
      }),
    );
    const conditions = plans.flatMap((plan) => plan.conditions);
    expect(conditions).toContainEqual(expect.stringMatching(/tenant_words\(.* @@ /));
  });

  it.each([
    ['products_search_vector_idx', 'search_products', 'c4ca4238a0b9 sku'],
    ['messages_search_vector_idx', 'search_messages', 'n77 number'],
  ])('asks %s for the rarer of two words inside %s()', async (index, name, phrase) => {
    // The sample has none of the rarer word, and one of the other.
    await tenants.admin.query(
      `update app.products set id = overlay(id::text placing 'ffff' from 33)::uuid
       where tenant_id = $1 and name = md5('1')`,
      [tenants.a],
    );
    await tenants.admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       values ($1, overlay(gen_random_uuid()::text placing '0000' from 33)::uuid, 'Sku', 1, 'EUR')`,
      [tenants.a],
    );
    const plans = await withIndexOnly(index, () =>
      explainInside(tenants.admin, () =>
        tenants.admin.query(`select unnest(ids) from app.${name}($1)`, [phrase]),
      ),
    );
    const asked = plans.flatMap((plan) => plan.conditions).filter((each) => each.includes(' @@ '));
    expect(asked).toEqual([expect.stringContaining(phrase.split(' ')[0] ?? '')]);
    expect(asked.join()).not.toContain(phrase.split(' ')[1]);
  });

  it('asks it for a word four times as common too, where the sample has the rarer', async () => {
    const { admin, a } = tenants;
    await admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       select $1::uuid, overlay(gen_random_uuid()::text placing end_of_id from 33)::uuid, word, 1, 'EUR'
       from (values ('0000', 'Quillon quartz'), ('ffff', 'Quillon quartz'), ('ffff', 'Quollen quartz'), ('ffff', 'Quollen quartz')) as each (end_of_id, word)
       union all select $1, gen_random_uuid(), 'Quartz', 1, 'EUR' from generate_series(1, 5)`,
      [a],
    );
    const askedFor = async (phrase: string) => {
      const plans = await withIndexOnly('products_search_vector_idx', () =>
        explainInside(admin, () =>
          admin.query('select unnest(ids) from app.search_products($1)', [phrase]),
        ),
      );
      return plans.flatMap(({ conditions }) => conditions).filter((each) => each.includes(' @@ '));
    };
    expect(await askedFor('quillon quartz')).toEqual([
      expect.stringMatching(/quillon.* & .*quartz/),
    ]);
    expect(await askedFor('quollen quartz')).toEqual([expect.stringContaining('quollen')]);
    expect((await askedFor('quollen quartz')).join()).not.toContain('quartz');
  });

  const walking = `app.walk_products($1, 'oak:* & red:*', '{7,9,11,13}', 5)`;

  async function plansOf(call: string, role = 'tenantry_search'): Promise<Plan[]> {
    const { admin, a } = tenants;
    await admin.query('discard plans'); // made where an index was not there
    await admin.query('begin');
    await tellPlans();
    await admin.query('select app.set_tenant($1)', [a]);
    await admin.query(`set local role ${role}`);
    return explainInside(admin, () =>
      admin.query(`select ${call.replaceAll('$1', admin.escapeLiteral(a))}`),
    ).finally(() => admin.query('rollback'));
  }

  it('walks in the index of the order, and reads only rows that may match', async () => {
    await tenants.admin.query('vacuum analyze app.products');
    const plans = await plansOf(walking);
    const nodes = plans.flatMap((plan) => plan.nodes);
    expect(nodes).toContain('Index Only Scan products');
    const ways = nodes.filter((node) => /Sort|Scan products/.test(node));
    expect([...new Set(ways)].toSorted()).toEqual([
      'Index Only Scan products',
      'Index Scan products',
    ]);
    const indexes = plans.flatMap((plan) => plan.indexes);
    expect([...new Set(indexes)].toSorted()).toEqual([
      'products_pkey',
      'products_tenant_id_created_at_id_search_signature_idx',
    ]);
  });

  it('asks it for no word that more than a thousand are thought to have', async () => {
    const { admin, a } = tenants;
    await admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       select $1::uuid, overlay(gen_random_uuid()::text placing '1000' from 33)::uuid, 'Pervasive', 1, 'EUR'
       from generate_series(1, 150)`,
      [a],
    );
    const plans = await plansOf(`ids from app.search_products('pervasive', 21)`, 'tenantry_server');
    const indexes = plans.flatMap((plan) => plan.indexes);
    expect(indexes).toContain('products_tenant_id_created_at_id_search_signature_idx');
    expect(indexes).not.toContain('products_search_vector_idx');
  });

  const sampling = `app.sample_products($1, 'samp:*', app.common_bits('samp:*'), 1000)`;

  async function sampleOf(tenant: string) {
    const { rows } = await tenants.admin.query(`select * from ${sampling}`, [tenant]);
    return rows[0];
  }

  it('takes one product in eight for a sample, by the end of its id, and of one tenant', async () => {
    const { admin, a, b } = tenants;
    const [one, other] = [await sampleOf(a), await sampleOf(b)];
    // Of five and two that count three and one have the word. Two have the same id.
    await admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       select owner, overlay(md5(owner::text) placing end_of_id from 33 - length(end_of_id))::uuid, word, 1, 'EUR'
       from (values ($1::uuid, '0000', 'Sampled'), ($1, '1fff', 'Sampled'), ($1, '0100', 'x'), ($1, '1001', 'x'), ($1, repeat('0fff', 8), 'Sampled'),
         ($2, '0000', 'x'), ($2, repeat('0fff', 8), 'Sampled'), ($1, '2000', 'Sampled'), ($1, 'ff00', 'Sampled'), ($2, '8000', 'x')) as each (owner, end_of_id, word)`,
      [a, b],
    );
    expect(await sampleOf(a)).toEqual({
      catalogue: one.catalogue + 40,
      possible: one.possible + 24,
      matching: 24,
    });
    expect(await sampleOf(b)).toEqual({
      catalogue: other.catalogue + 16,
      possible: other.possible + 8,
      matching: 8,
    });
  });

  it('looks up more than sixteen of those that begin alike, where one of these is the word', async () => {
    const { admin, a } = tenants;
    await admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       select $1::uuid, overlay(gen_random_uuid()::text placing lpad(to_hex(n), 4, '0') from 33)::uuid,
         case when n = 0 then 'Gemma' else 'Gemmb' end, 1, 'EUR' from generate_series(0, 299) n`,
      [a],
    );
    const { rows } = await admin.query(
      `select possible, matching from app.sample_products($1, 'gemma:*', app.common_bits('gemma:*'), 1000)`,
      [a],
    );
    expect(rows).toEqual([{ possible: 2_400, matching: 9 }]);
  });

  it('takes no more than a thousand, and says of how many they are', async () => {
    const { admin, b } = tenants;
    // The first thousand of 65 536 ends; half of the first half have the word. Twenty have another, not 1 310.
    await admin.query(
      `insert into app.products (tenant_id, id, name, price_amount, price_currency)
       select $1::uuid, overlay(gen_random_uuid()::text placing lpad(to_hex(n), 4, '0') from 33)::uuid,
         case when n < 500 and n % 2 = 0 then 'Sampled' when n between 900 and 919 then 'Seldom' else 'x' end, 1, 'EUR' from generate_series(0, 2999) n`,
      [b],
    );
    const { catalogue, possible, matching } = await sampleOf(b);
    expect(catalogue / 65_536).toBeCloseTo(1, 1);
    expect(possible / 65_536).toBeCloseTo(0.25, 1);
    expect(matching).toBe(possible);
    const { rows } = await tenants.asTenant(b, (client) =>
      client.query(`select cardinality(ids) as ranked from app.search_products('seldom')`),
    );
    expect(rows).toEqual([{ ranked: 20 }]);
  });

  it('finds its sample in an index, however many the average tenant has', async () => {
    await tenants.admin.query('vacuum analyze app.products');
    for (const many of [-0.5, 2, 20, 200, 2000]) {
      const plans = await whereTheyAre(many, 'app.products', () => plansOf(sampling));
      const [sample, ...verified] = plans.filter(({ indexes }) => indexes.length > 0);
      expect(sample?.indexes).toEqual(['products_random_order_idx']);
      expect(sample?.nodes).toContain('Index Only Scan products');
      expect(sample?.nodes).not.toContain('Sort');
      expect(verified.map(({ indexes }) => indexes)).toEqual([['products_pkey']]);
      expect(verified[0]?.conditions.join()).toContain('(id = ');
    }
  });

  it('walks, and reads each of them once where most tenants have two', async () => {
    const byKey = (await whereMostHaveTwo('app.products', () => plansOf(walking))).flatMap(
      ({ indexes, conditions }) =>
        conditions.filter((_, index) => indexes[index] === 'products_pkey'),
    );
    expect(byKey).not.toEqual([]);
    // By the tenant alone would be all that it has, for each of them.
    expect(byKey.filter((each) => !each.includes('(id = '))).toEqual([]);
  });

  const whereMostHaveTwo = <T>(table: string, work: () => Promise<T>): Promise<T> =>
    whereTheyAre(-0.5, table, work);

  /** Of how many tenants, or their share of the rows: plans for all tenants are made for the average one. */
  async function whereTheyAre<T>(many: number, table: string, work: () => Promise<T>): Promise<T> {
    const { admin } = tenants;
    await admin.query(`alter table ${table} alter tenant_id set (n_distinct = ${many})`);
    await admin.query(`analyze ${table}`);
    try {
      return await work();
    } finally {
      await admin.query(`alter table ${table} alter tenant_id reset (n_distinct)`);
      await admin.query(`analyze ${table}`);
    }
  }

  it.each([
    ['to take a sample', sampling, 'tenantry_search'],
    ['to take one without bits', `app.sample_products($1, 'la:*', null, 1000)`, 'tenantry_search'],
    ['to walk to the newest', walking, 'tenantry_search'],
    ['to walk without bits', `app.walk_products($1, 'la:*', null, 5)`, 'tenantry_search'],
    ['for four words', `app.search_products('oak red lamp sofa')`, 'tenantry_server'],
  ])('sorts no catalogue %s, however many the average tenant has', async (_what, call, role) => {
    for (const many of [2, 20, 200, 2000]) {
      const plans = await whereTheyAre(many, 'app.products', () => plansOf(call, role));
      const sorted = plans.filter(
        ({ nodes, indexes }) =>
          nodes.includes('Sort') &&
          nodes.some((node) => node.endsWith(' products')) &&
          !indexes.includes('products_search_vector_idx'), // which ranks what it finds
      );
      expect(sorted).toEqual([]);
    }
  });

  it.each([
    ['looks at the newest', `app.search_messages('more 39', 5)`, 'tenantry_server'],
    ['looks at the newest for one word', `app.search_messages('more', 5)`, 'tenantry_server'],
    ['walks on', `app.walk_messages($1, 'more:*', 20, 100, 5)`, 'tenantry_message_search'],
    ['walks to the end', `app.walk_messages($1, 'n7:*', 20, null, 5)`, 'tenantry_message_search'],
  ])(
    '%s of messages in the index of the order, also where most tenants have two',
    async (_how, call, role) => {
      const plans = async () => {
        const all = await plansOf(call.replace('$1', 'app.current_tenant()'), role);
        return all.filter(({ nodes }) => nodes.some((node) => node.endsWith(' messages')));
      };
      for (const found of [await plans(), await whereMostHaveTwo('app.messages', plans)]) {
        const expected = { sorts: [], indexes: ['messages_tenant_id_created_at_id_idx'] };
        expect(found.length).toBeGreaterThan(0);
        for (const plan of found) expect(sortsAndIndexes(plan)).toEqual(expected);
      }
    },
  );

  it.each([
    ['products', findProductsByIds, ['createdAt']],
    ['conversations', findConversationsByIds, ['lastMessageAt']],
    ['customers', findCustomersByIds, ['createdAt']],
  ])('looks %s up by the primary key, whatever is asked of them', async (table, find, asked) => {
    const { a } = tenants;
    let text = '';
    const noting = {
      tenantId: a,
      run: async (request: { text: string }) => {
        text = request.text;
      },
    } as unknown as TenantTransaction;
    await find(noting, { ids: [] }, asked);
    const plans = await whereMostHaveTwo(`app.${table}`, () =>
      tenants.asTenant(a, (client) =>
        explain(client, ['uuid[]', 'uuid', 'int'], [`{${firstId}}`, a, '1'], text),
      ),
    );
    for (const { indexes } of plans) expect(indexes).toEqual([`${table}_pkey`]);
  });

  it.each([
    ['products', `app.rank_products($1, 'sku:*', 'sku:*')`, 'tenantry_search'],
    ['messages', `app.match_messages($1, 'n77:*', 'n77:*')`, 'tenantry_message_search'],
  ])(
    'asks the index of words of %s by one plan for all, also where most tenants have two',
    async (table, call, role) => {
      const plans = await whereMostHaveTwo(`app.${table}`, () => plansOf(call, role));
      const plan = plans.find(({ nodes }) => nodes.includes(`Bitmap Heap Scan ${table}`));
      expect(plan?.indexes).toEqual([`${table}_search_vector_idx`]);
      expect(plan?.conditions).toEqual([expect.stringMatching(/^\(tenant_words\(.* @@ \$\d+\)$/)]);
    },
  );

  it('looks a typo up in product_words_word_idx', async () => {
    const { admin, a } = tenants;
    await admin.query(
      `insert into app.product_words select tenant_id, 'zanzibar', id from app.products where tenant_id = $1 limit 1`,
      [a],
    );
    const plans = await withIndexOnly('product_words_word_idx', () =>
      explainInside(admin, async () => {
        const { rows } = await admin.query('select wanted from app.search_products($1)', [
          'zanzibra',
        ]);
        expect(rows[0].wanted).toContain('zanzibar');
      }),
    );
    expect(plans.flatMap(({ indexes }) => indexes)).toContain('product_words_word_idx');
  });

  it('of many matches is read from the order’s index, as row-level security lets it', async () => {
    for (const [table, index] of [
      ['products', 'products_tenant_id_created_at_id_search_signature_idx'],
      ['messages', 'messages_tenant_id_created_at_id_idx'],
    ]) {
      const text = `select id from app.${table} where tenant_id = $1 and ts_match_vq(search_vector, $2::tsquery)::int <> 0
        order by created_at desc, id desc limit 6`;
      const plans = await tenants.asTenant(tenants.a, (client) =>
        explain(client, ['uuid', 'text'], [tenants.a, "'sku':*"], text),
      );
      const expected = { sorts: [], indexes: [index] };
      expect(plans.map(sortsAndIndexes)).toEqual([expected, expected]);
    }
  });
});
