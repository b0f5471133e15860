import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTwoTenants, type TwoTenants } from './support/twoTenants.ts';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await createTwoTenants();
  await tenants.admin.query(`update app.products set name = 'Blue lamp', sku = 'LAMP-1'`);
  for (const word of ['blue', 'lamp']) {
    await tenants.admin.query(
      'insert into app.product_words select tenant_id, $1, id from app.products',
      [word],
    );
  }
});
afterAll(() => tenants.close());

const searched = 'select unnest(ids) as product_id from app.search_products($1)';

describe('search_products', () => {
  it.each(['blue lamp', 'lamp', 'blue lanp', 'lapm', 'LAMP-1', 'lam'])(
    'finds "%s" in one’s own products only',
    async (phrase) => {
      for (const tenantId of [tenants.a, tenants.b]) {
        const { rows } = await tenants.asTenant(tenantId, (client) =>
          client.query(searched, [phrase]),
        );
        expect(rows).toEqual([{ product_id: tenants.rowOf('app.products', tenantId).id }]);
      }
    },
  );

  it('takes no typo for a word of the other’s products', async () => {
    await tenants.admin.query(
      `insert into app.product_words select tenant_id, 'zanzibar', id from app.products where tenant_id = $1`,
      [tenants.b],
    );
    const wantedBy = (tenantId: string) =>
      tenants.asTenant(tenantId, async (client) => {
        const { rows } = await client.query('select wanted from app.search_products($1)', [
          'zanzibra',
        ]);
        return rows[0].wanted;
      });
    expect(await wantedBy(tenants.a)).toBe("'zanzibra':*");
    expect(await wantedBy(tenants.b)).toBe("'zanzibar'");
  });

  // As an administrator, to whom no policy applies: the function's own condition is what is left.
  it.each([
    [`(select ids from app.rank_products($1, 'lamp', 'lamp'))`],
    [`app.walk_products($1, 'lamp', null, 9)`],
    [`app.walk_products($1, 'lamp', app.common_bits('lamp'), 9)`],
  ])('keeps to the tenant in %s', async (call) => {
    const { rows } = await tenants.admin.query(`select unnest(${call}) as product_id`, [tenants.a]);
    expect(rows).toEqual([{ product_id: tenants.rowOf('app.products', tenants.a).id }]);
  });

  it('finds nothing without a tenant', async () => {
    const { rows } = await tenants.asTenant(null, (client) => client.query(searched, ['lamp']));
    expect(rows).toEqual([]);
  });

  it.each(["' or true --", 'lamp:* | !lamp', '((', '\\', '%', '<->', '', null])(
    'takes %j as words, not as syntax',
    async (phrase) => {
      const { rows } = await tenants.asTenant(tenants.a, (client) =>
        client.query(searched, [phrase]),
      );
      expect(
        rows.every(({ product_id: id }) => id === tenants.rowOf('app.products', tenants.a).id),
      ).toBe(true);
    },
  );

  it('reads app.products and no temporary table of that name', async () => {
    const { rows } = await tenants.asTenant(tenants.a, async (client) => {
      await client.query('savepoint s');
      // Refused where TEMPORARY is revoked, which is as good.
      await client
        .query('create temporary table products on commit drop as select * from app.products')
        .then(() => client.query('update pg_temp.products set id = gen_random_uuid()'))
        .then(() =>
          client.query('create temporary table product_words (tenant_id uuid, word text)'),
        )
        .catch(() => client.query('rollback to s'));
      return client.query(searched, ['lanp']);
    });
    expect(rows).toEqual([{ product_id: tenants.rowOf('app.products', tenants.a).id }]);
  });
});

describe('search_messages', () => {
  const found = 'select unnest(ids) as id from app.search_messages($1)';
  const firstFound = 'select unnest(page_ids) as id from app.search_messages($1, 21)';
  beforeAll(() => tenants.admin.query(`update app.messages set body = 'The blue lamp, please'`));

  it.each(['blue lamp', 'LAMP', 'plea'])(
    'finds "%s" in one’s own messages only',
    async (phrase) => {
      for (const tenantId of [tenants.a, tenants.b]) {
        for (const query of [found, firstFound]) {
          const { rows } = await tenants.asTenant(tenantId, (client) =>
            client.query(query, [phrase]),
          );
          expect(rows).toEqual([{ id: tenants.rowOf('app.messages', tenantId).id }]);
        }
      }
    },
  );

  it('keeps to the tenant where no policy applies', async () => {
    const { rows } = await tenants.admin.query(
      `select unnest(app.match_messages($1, 'lamp', 'lamp')) as id`,
      [tenants.a],
    );
    expect(rows).toEqual([{ id: tenants.rowOf('app.messages', tenants.a).id }]);
  });

  it.each(['lamp', 'lanp', '((', '', null])(
    'finds nothing without a tenant: %j',
    async (phrase) => {
      for (const query of [found, firstFound]) {
        const { rows } = await tenants.asTenant(null, (client) => client.query(query, [phrase]));
        expect(rows).toEqual([]);
      }
    },
  );

  it('walks through one’s own messages only', async () => {
    const { rows } = await tenants.admin.query(
      `select unnest(app.walk_messages($1, 'lamp', 0, null, 9)) as id`,
      [tenants.a],
    );
    expect(rows).toEqual([{ id: tenants.rowOf('app.messages', tenants.a).id }]);
  });

  it('reads app.messages and no temporary table of that name', async () => {
    const { rows } = await tenants.asTenant(tenants.a, async (client) => {
      await client.query('savepoint s');
      await client
        .query('create temporary table messages on commit drop as select * from app.messages')
        .then(() => client.query('update pg_temp.messages set id = gen_random_uuid()'))
        .catch(() => client.query('rollback to s'));
      return client.query(found, ['lamp']);
    });
    expect(rows).toEqual([{ id: tenants.rowOf('app.messages', tenants.a).id }]);
  });
});

describe('the search functions', () => {
  it('have parts that nobody but they may call', async () => {
    for (const call of [
      `app.rank_products($1, 'lamp', 'lamp')`,
      `app.similar_words($1, 'lanp')`,
      `app.walk_products($1, 'lamp', '{7,9}', 9)`,
      `app.sample_products($1, 'lamp', '{7,9}', 9)`,
      `app.planned_rows('app.products', $1)`,
      `app.match_messages($1, 'lamp', 'lamp')`,
      `app.walk_messages($1, 'lamp', 0, 9, 9)`,
    ]) {
      expect(await tenants.refusal(tenants.a, `select ${call}`, [tenants.b])).toBe('42501');
    }
  });

  it('know of how many rows are whose, and of nobody who was not counted', async () => {
    const { admin, a, b } = tenants;
    // 600 are the one's, 300 the other's, and of a hundred each has one: too few to be told apart.
    await admin.query('create temp table counted (tenant_id uuid)');
    await admin.query(
      `insert into counted select case when n <= 600 then $1 when n <= 900 then $2 else gen_random_uuid() end
       from generate_series(1, 1000) n`,
      [a, b],
    );
    const planned = async () => {
      const { rows } = await admin.query(
        `select array_agg(app.planned_rows('pg_temp.counted', id) order by place) as planned
         from unnest($1::uuid[]) with ordinality as each (id, place)`,
        [[a, b, randomUUID(), null]],
      );
      return rows[0].planned;
    };
    // As after a restore or an upgrade of Postgres: what it would say is made up for every tenant alike.
    expect(await planned()).toEqual([null, null, null, null]);
    await admin.query('analyze counted');
    expect(await planned()).toEqual([600, 300, null, null]);
    await admin.query('drop table counted');
  });
});

describe('the look-ups before a tenant is known', () => {
  const ask = async (text: string, values: unknown[]): Promise<unknown[]> =>
    (await tenants.asTenant(null, (client) => client.query(text, values))).rows;

  it('answer nothing to who names no key that exists', async () => {
    const unknown = randomUUID();
    expect(await ask(`select * from app.find_tenant('SLUG', $1)`, ['nobody'])).toEqual([]);
    expect(await ask(`select * from app.find_tenant('SLUG', null)`, [])).toEqual([]);
    expect(await ask(`select * from app.find_tenant('SLUG', $1)`, ['%'])).toEqual([]);
    expect(await ask('select * from app.find_credentials($1)', ['nobody@example.org'])).toEqual([]);
    expect(await ask('select * from app.find_credentials(null)', [])).toEqual([]);
    expect(await ask('select * from app.list_memberships($1)', [unknown])).toEqual([]);
    expect(await ask('select * from app.find_api_key($1)', ['0'.repeat(64)])).toEqual([]);
    expect(await ask('select * from app.find_membership($1, $1, $1)', [unknown])).toEqual([]);
  });

  it('answer a route with the one tenant it leads to', async () => {
    const { kind, key } = tenants.rowOf('app.tenant_routes', tenants.b);
    const found = await ask('select id from app.find_tenant($1, $2)', [kind, key]);
    expect(found).toEqual([{ id: tenants.b }]);
  });

  it('find a key by its route, until it is revoked or expired, and never by the other’s route', async () => {
    const hash = randomUUID();
    const { id } = tenants.rowOf('app.api_keys', tenants.a);
    const keyed =
      'update app.api_keys set secret_hash = $1, revoked_at = null, expires_at = null where id = $2';
    await tenants.admin.query(keyed, [hash, id]);
    const find = () => ask('select tenant_id, key_id from app.find_api_key($1)', [hash]);
    const route = `insert into app.tenant_routes (kind, key, tenant_id) values ('API_KEY', $1, $2)`;
    await tenants.admin.query(route, [hash, tenants.b]);
    expect(await find()).toEqual([]);
    await tenants.admin.query('update app.tenant_routes set tenant_id = $2 where key = $1', [
      hash,
      tenants.a,
    ]);
    expect(await find()).toEqual([{ tenant_id: tenants.a, key_id: id }]);
    await tenants.admin.query(
      `update app.api_keys set expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    expect(await find()).toEqual([]);
    await tenants.admin.query(
      'update app.api_keys set expires_at = null, revoked_at = now() where id = $1',
      [id],
    );
    expect(await find()).toEqual([]);
  });

  it('find a membership while its session lives, for its own user and tenant', async () => {
    const { id: member } = tenants.rowOf('app.members', tenants.a);
    const { id: user } = tenants.rowOf('app.users', tenants.a);
    await tenants.admin.query('update app.members set user_id = $1 where id = $2', [user, member]);
    const session = randomUUID();
    const find = (...values: unknown[]) =>
      ask('select member_id from app.find_membership($1, $2, $3)', values);
    const stranger = randomUUID();
    await tenants.admin.query(`update app.users set password_hash = 'known' where id = $1`, [user]);
    const opened = `select app.open_session($1, $2, 'known', null, $3, 3600, null, null)`;
    await tenants.asTenant(null, (client) => client.query(opened, [session, user, session]));
    expect(await find(session, user, tenants.a)).toEqual([{ member_id: member }]);
    expect(await find(session, stranger, tenants.a)).toEqual([]);
    expect(await find(session, user, stranger)).toEqual([]);
    expect(await find(stranger, user, tenants.a)).toEqual([]);
    await tenants.admin.query('update app.sessions set revoked_at = now() where id = $1', [
      session,
    ]);
    expect(await find(session, user, tenants.a)).toEqual([]);
    await tenants.admin.query(
      `update app.sessions set revoked_at = null, expires_at = now() - interval '1 second' where id = $1`,
      [session],
    );
    expect(await find(session, user, tenants.a)).toEqual([]);
  });
});

describe('meters', () => {
  it('are on a clock that the server’s role cannot set', async () => {
    const statement = `create or replace function app.usage_today() returns date
      language sql stable as $$ select date '2031-01-31' $$`;
    expect(await tenants.refusal(tenants.a, statement)).toBe('42501');
  });
});

describe('people, their sessions and their mail', () => {
  const tables = [
    'users',
    'sessions',
    'refresh_tokens',
    'one_time_tokens',
    'attempt_counters',
    'mails',
  ];
  const forbidden = '42501';

  it.each(tables)('app.%s is out of the server’s reach', async (table) => {
    for (const statement of [
      `select from app.${table}`,
      `delete from app.${table}`,
      `insert into app.${table} default values`,
    ]) {
      expect(await tenants.refusal(tenants.a, statement)).toBe(forbidden);
    }
  });

  it('audit_person is a step of others, not to be called', async () => {
    const statement = `select app.audit_person(gen_random_uuid(), 'x', null, null, 'x')`;
    expect(await tenants.refusal(tenants.a, statement)).toBe(forbidden);
  });
});
