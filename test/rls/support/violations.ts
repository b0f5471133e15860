const aPolicy =
  'using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())';
const guarded = (table: string) =>
  `alter table ${table} enable row level security; alter table ${table} force row level security;
   create policy tenant on ${table} to tenantry_server ${aPolicy}`;
const newTable =
  'create table app.notes (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id))';

/** Rule → statements that break it, each with the object that a finding must name; '' stands for any. */
export const violations: Record<string, [violation: string, object: string][]> = {
  'policy-missing': [
    ['drop policy tenant on app.products', 'app.products'],
    [
      `${newTable}; alter table app.notes enable row level security; alter table app.notes force row level security`,
      'app.notes',
    ],
    [
      'drop policy tenant on app.products; create policy tenant on app.products for select to tenantry_server using (tenant_id = app.current_tenant())',
      'app.products',
    ],
    [
      'drop policy tenant on app.products; create policy tenant on app.products to tenantry_server using (tenant_id = app.current_tenant())',
      'app.products',
    ],
    ['alter policy tenant on app.products to tenantry_operator', 'app.products'],
  ],
  'rls-not-forced': [
    [newTable, 'app.notes'],
    ['create table public.notes ()', 'public.notes'],
    [
      'create schema other; create table other.notes (); grant select on other.notes to tenantry_server',
      'other.notes',
    ],
    [
      'create schema other; create table other.notes (a int); grant select (a) on other.notes to public',
      'other.notes',
    ],
    ['alter table app.messages disable row level security', 'app.messages'],
    ['alter table app.messages no force row level security', 'app.messages'],
    ['create materialized view app.copies as select * from app.products', 'app.copies'],
  ],
  'policy-not-by-tenant': [
    ['create policy more on app.products to tenantry_server using (true)', 'app.products'],
    ['create policy more on app.products for select to public using (true)', 'app.products'],
    ['alter policy tenant on app.products with check (true)', 'app.products'],
    [
      'alter policy tenant on app.products using (tenant_id = app.current_tenant() or tenant_id is null)',
      'app.products',
    ],
    [`alter policy tenant on app.tenants using (plan = 'BASIC')`, 'app.tenants'],
    [
      `create schema evil; create function evil.current_tenant() returns uuid stable return gen_random_uuid();
       alter policy tenant on app.products using (tenant_id = evil.current_tenant());
       alter role tenantry_server set search_path = evil; set local search_path = evil`,
      'app.products',
    ],
  ],
  'policy-function-not-stable': [
    ['alter function app.current_tenant() immutable', 'app.current_tenant()'],
    ['alter function app.current_tenant() volatile', 'app.current_tenant()'],
  ],
  'table-without-tenant': [
    ['grant select on app.users to tenantry_server', 'app.users'],
    ['grant select (email) on app.users to public', 'app.users'],
    ['grant update on app.plans to tenantry_server', 'app.plans'],
  ],
  'tenant-key-loose': [
    [`create table app.notes (tenant_id uuid, id uuid); ${guarded('app.notes')}`, 'app.notes'],
  ],
  'foreign-key-without-tenant': [
    [
      `alter table app.messages add unique (id, tenant_id); alter table app.products add unique (id);
      alter table app.messages add column product_id uuid constraint pointer references app.products (id)`,
      'app.messages.pointer',
    ],
    [
      'alter table app.messages add column user_id uuid constraint pointer references app.users (id)',
      'app.messages.pointer',
    ],
    [
      `alter table app.messages add column other uuid;
      alter table app.messages add constraint pointer foreign key (other, id) references app.products (tenant_id, id)`,
      'app.messages.pointer',
    ],
  ],
  'foreign-key-overwrites': [
    [
      `alter table app.messages add column product_id uuid;
      alter table app.messages add constraint pointer foreign key (tenant_id, product_id)
        references app.products (tenant_id, id) on delete set null`,
      'app.messages.pointer',
    ],
  ],
  'unique-without-tenant': [
    ['create unique index phones on app.customers (phone)', 'app.customers.phones'],
    [
      'create unique index phones on app.customers (phone) include (tenant_id)',
      'app.customers.phones',
    ],
    ['create unique index names on app.tenants (name)', 'app.tenants.names'],
  ],
  'hidden-write': [
    [
      'create trigger t before update on app.products for each row execute function suppress_redundant_updates_trigger()',
      'app.products',
    ],
    ['create rule r as on insert to app.products do also notify x', 'app.products'],
  ],
  'view-runs-as-owner': [
    ['create view app.peek as select * from app.products', 'app.peek'],
    [
      'create view app.peek with (security_invoker = false) as select * from app.products',
      'app.peek',
    ],
  ],
  'definer-not-reviewed': [
    [
      'create function app.peek() returns int security definer set search_path = app, pg_temp return 1; revoke all on function app.peek() from public',
      'app.peek()',
    ],
    [
      'alter function app.search_products(text, integer) owner to tenantry_lookup',
      'app.search_products(text, integer)',
    ],
    [
      'create schema other; create function other.peek(text) returns int security definer return 1',
      'other.peek(text)',
    ],
  ],
  'definer-search-path': [
    ['alter function app.find_tenant(text, text) reset search_path', 'app.find_tenant(text, text)'],
    [
      'alter function app.find_tenant(text, text) set search_path = pg_temp, app',
      'app.find_tenant(text, text)',
    ],
    [
      'alter function app.find_tenant(text, text) set search_path = app',
      'app.find_tenant(text, text)',
    ],
  ],
  'definer-for-everyone': [
    [
      'grant execute on function app.find_credentials(text) to public',
      'app.find_credentials(text)',
    ],
  ],
  'definer-can-do-more': [
    ['grant select on app.messages to tenantry_search', 'tenantry_search'],
    ['grant select (body) on app.messages to tenantry_lookup', 'tenantry_lookup'],
    ['grant select on app.users to tenantry_purger', 'tenantry_purger'],
    ['grant pg_read_all_data to tenantry_lookup', 'tenantry_lookup'],
    ['alter role tenantry_search bypassrls', 'tenantry_search'],
  ],
  'grant-beyond-rows': [
    ['grant truncate on app.products to tenantry_server', 'app.products'],
    ['grant references on app.products to public', 'app.products'],
    ['grant references (id) on app.products to tenantry_server', 'app.products'],
    ['grant trigger on app.products to tenantry_server', 'app.products'],
    ['grant select on app.products to tenantry_server with grant option', 'app.products'],
  ],
  'may-create': [
    ['grant create on schema app to tenantry_server', 'app'],
    ['grant create on schema public to public', 'public'],
    [
      `do $$ begin execute format('grant create on database %I to tenantry_server', current_database()); end $$`,
      '',
    ],
  ],
  'grant-on-partition': [
    [
      `create table app.events (tenant_id uuid not null) partition by hash (tenant_id); ${guarded('app.events')};
      create table app.events_0 partition of app.events for values with (modulus 1, remainder 0);
      grant select on app.events_0 to tenantry_server`,
      'app.events_0',
    ],
  ],
  'log-can-be-rewritten': [
    ['grant update on app.audit_events to tenantry_server', 'app.audit_events'],
    ['grant update (after) on app.audit_events to tenantry_server', 'app.audit_events'],
    ['grant delete on app.audit_events to public', 'app.audit_events'],
  ],
  'tenant-by-default': [
    [
      `alter role tenantry_server set app.tenant_id = '00000000-0000-7000-8000-000000000000'`,
      'app.tenant_id',
    ],
    [`set local app.tenant_id = '00000000-0000-7000-8000-000000000000'`, 'app.tenant_id'],
  ],
  'role-without-timeout': [
    ['alter role tenantry_server reset statement_timeout', 'tenantry_server'],
    ['alter role tenantry_server set lock_timeout = 0', 'tenantry_server'],
    ['alter role tenantry_server reset all', 'tenantry_server'],
  ],
  'role-owns': [
    ['alter table app.canned_replies owner to tenantry_server', 'table app.canned_replies'],
    ['alter function app.fold(text) owner to tenantry_server', 'function app.fold(text)'],
  ],
  'role-is-member': [['grant tenantry_owner to tenantry_server', 'tenantry_server']],
  'role-can-bypass': [
    ['alter role tenantry_server bypassrls', 'tenantry_server'],
    ['alter role tenantry_server superuser', 'tenantry_server'],
    ['alter role tenantry_server createrole', 'tenantry_server'],
    ['alter role tenantry_server replication', 'tenantry_server'],
  ],
};
