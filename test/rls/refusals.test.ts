import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTwoTenants, sqlState, type TwoTenants } from './support/twoTenants.ts';

let tenants: TwoTenants;
beforeAll(async () => {
  tenants = await createTwoTenants();
});
afterAll(() => tenants.close());

const noPrivilege = '42501';

describe('the server’s role', () => {
  it.each([
    ['reads users', 'select from app.users'],
    ['reads sessions', 'select from app.sessions'],
    ['reads operators', 'select from app.operators'],
    ['reads sessions of operators', 'select from app.operator_sessions'],
    ['forgets attempts of operators', 'delete from app.operator_attempts'],
    ['ends a suspension', `update app.tenants set status = 'ACTIVE'`],
    ['takes a larger plan', `update app.tenants set plan = 'ENTERPRISE'`],
    ['reads the migrations', 'select from drizzle.__drizzle_migrations'],
    ['reads passwords of roles', 'select from pg_authid'],
    ['reads a file', `select pg_read_file('/etc/passwd')`],
    ['writes plans', `update app.plans set limits = '{}'`],
    ['changes the audit log', `update app.audit_events set action = 'nothing'`],
    ['deletes from the audit log', 'delete from app.audit_events'],
    ['deletes products', 'delete from app.products'],
    [
      'makes a tenant',
      `insert into app.tenants (id, slug, name, plan) values (gen_random_uuid(), 'c', 'C', 'BASIC')`,
    ],
    ['truncates', 'truncate app.canned_replies'],
    ['copies to a file', `copy app.products to '/tmp/products'`],
    ['copies to a program', `copy app.products to program 'cat'`],
    ['creates a table in app', 'create table app.mine ()'],
    ['creates a table in public', 'create table public.mine ()'],
    ['creates a schema', 'create schema mine'],
    ['creates a function', 'create function app.mine() returns int language sql return 1'],
    ['creates a view', 'create view app.mine as select 1'],
    ['creates an extension', 'create extension postgres_fdw'],
    [
      'creates a trigger',
      'create trigger t before insert on app.products execute function suppress_redundant_updates_trigger()',
    ],
    ['creates a rule', 'create rule r as on insert to app.products do also select 1'],
    ['creates a policy', 'create policy mine on app.products using (true)'],
    ['drops the policy', 'drop policy tenant on app.products'],
    ['disables row-level security', 'alter table app.products disable row level security'],
    ['replaces the tenant function', 'alter function app.current_tenant() immutable'],
    ['alters a table', 'alter table app.products add column x int'],
    ['grants', 'grant select on app.users to tenantry_server'],
    ['becomes the owner', 'set role tenantry_owner'],
    ['becomes the look-up role', 'set role tenantry_lookup'],
    ['becomes the search role', 'set role tenantry_search'],
    ['becomes the message search role', 'set role tenantry_message_search'],
    ['becomes an operator', 'set role tenantry_operator'],
    ['becomes another session', 'set session authorization tenantry_owner'],
    ['gives itself BYPASSRLS', 'alter role tenantry_server bypassrls'],
    ['joins a role', 'grant tenantry_owner to tenantry_server'],
    ['makes a role', 'create role mine'],
    ['changes the server', `alter system set log_statement = 'all'`],
    ['looks past row-level security', 'set local row_security = off; select from app.products'],
  ])('never %s', async (_what, text) => {
    const refused = await tenants.refusal(tenants.a, text);
    // ALTER SYSTEM is refused inside a transaction before anyone looks at privileges.
    expect([noPrivilege, ...(text.startsWith('alter system') ? ['25001'] : [])]).toContain(refused);
  });

  it('never copies into a table past its policy', async () => {
    expect(await tenants.refusal(tenants.a, 'copy app.canned_replies from stdin')).toBe('0A000');
  });

  it('has no privilege that acts on whole tables, on any of them', async () => {
    const { rows } = await tenants.admin.query(
      `select c.oid::regclass::text as name, p as privilege
       from pg_class c, unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) as p
       where c.relnamespace in ('app'::regnamespace, 'drizzle'::regnamespace) and c.relkind in ('r', 'p', 'v')
         and has_table_privilege('tenantry_server', c.oid, p)`,
    );
    expect(rows).toEqual([]);
  });
});

describe('the operators’ realm', () => {
  it('is open to the operators’ role alone: not to PUBLIC, and not to what look-ups run as', async () => {
    const { rows } = await tenants.admin.query(
      `select distinct c.relname as table, r.rolname as role
       from pg_class c cross join pg_roles r
       where c.relnamespace = 'app'::regnamespace and c.relname like 'operator%' and c.relkind = 'r'
         and r.rolname like 'tenantry%' and r.rolname <> 'tenantry_owner'
         and r.rolname not like 'tenantry\\_test\\_%' -- other files', which see the same roles
         and has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
       order by 1, 2`,
    );
    const role = 'tenantry_operator';
    expect(rows).toEqual([
      { table: 'operator_attempts', role },
      { table: 'operator_sessions', role },
      { table: 'operators', role },
    ]);
  });

  it('reads no content of tenants: no message, customer, price, key or setting', async () => {
    for (const column of [
      'app.messages.body',
      'app.customers.phone',
      'app.conversations.id',
      'app.products.name',
      'app.members.email',
      'app.api_keys.secret_hash',
      'app.tenant_settings.business',
    ]) {
      const [schema, table, name] = column.split('.');
      const { rows } = await tenants.admin.query(
        `select has_column_privilege('tenantry_operator', $1, $2, 'SELECT') as held`,
        [`${schema}.${table}`, name],
      );
      expect({ column, held: rows[0].held }).toEqual({ column, held: false });
    }
  });
});

describe('a tenant', () => {
  const insert = 'insert into app.tenant_routes (kind, key, tenant_id) values ($1, $2, $3)';

  it.each(['SLUG', 'DOMAIN', 'PHONE_NUMBER_ID'])('takes no free %s for itself', async (kind) => {
    const { a } = tenants;
    expect(await tenants.refusal(a, insert, [kind, 'free', a])).toBe(noPrivilege);
    // Nor by turning its own key's route into one.
    const update = 'update app.tenant_routes set kind = $1 where tenant_id = $2';
    expect(await tenants.refusal(a, update, [kind, a])).toBe(noPrivilege);
  });

  it('routes its own API keys, and no other tenant’s', async () => {
    const { a, b } = tenants;
    expect(await tenants.refusal(a, insert, ['API_KEY', 'hash', a])).toBeUndefined();
    expect(await tenants.refusal(a, insert, ['API_KEY', 'hash', b])).toBe(noPrivilege);
  });

  it('does not give up a route that the operator gave it', async () => {
    const { a } = tenants;
    await tenants.admin.query(insert, ['SLUG', 'given', a]);
    await tenants.asTenant(a, (client) => client.query('delete from app.tenant_routes'));
    const { rows } = await tenants.admin.query(
      'select kind from app.tenant_routes where tenant_id = $1',
      [a],
    );
    expect(rows).toEqual([{ kind: 'SLUG' }]);
  });
});

describe('a backup by the owner', () => {
  // pg_dump sets row_security = off: a role that policies apply to gets an error, never a part.
  it('fails on every table rather than coming out short', async () => {
    const answers: Record<string, string | number> = {};
    for (const { name } of tenants.tables) {
      await tenants.admin.query('begin');
      await tenants.admin.query('set local role tenantry_owner');
      await tenants.admin.query('set local row_security = off');
      answers[name] = await tenants.admin
        .query(`select * from ${name}`)
        .then(({ rows }) => rows.length, sqlState);
      await tenants.admin.query('rollback');
    }
    expect(answers).toEqual(
      Object.fromEntries(tenants.tables.map(({ name }) => [name, noPrivilege])),
    );
  });

  it('shows the owner no rows with row-level security on: it is forced', async () => {
    for (const { name } of tenants.tables) {
      await tenants.admin.query('begin');
      await tenants.admin.query('set local role tenantry_owner');
      const { rowCount } = await tenants.admin.query(`select from ${name}`);
      await tenants.admin.query('rollback');
      expect({ name, rowCount }).toEqual({ name, rowCount: 0 });
    }
  });
});
