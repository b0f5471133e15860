set local role tenantry_owner;

-- The first statement of every tenant transaction. A function, because SET LOCAL takes no parameter,
-- and not set_config(), because Citus does not forward that to its workers: they would see no tenant.
create or replace function app.set_tenant(tenant uuid) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  -- %L of a uuid is safe by its type. NULL means: no tenant, no rows.
  execute format('set local app.tenant_id = %L', coalesce(tenant::text, ''));
end $$;

-- The first statement of a batch that only reads. Outside of BEGIN, statements sent with one Sync are one
-- transaction (protocol, "Pipelining"), so both settings end with it.
create or replace function app.open_read(tenant uuid) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
  set local transaction_read_only = on;
  execute format('set local app.tenant_id = %L', coalesce(tenant::text, ''));
end $$;

-- STABLE, never IMMUTABLE: a prepared statement would keep the first tenant's id for ever.
-- Malformed text reads as no tenant, so a wrong setting shows zero rows rather than an error. The check
-- runs again for every row of an outer query that looks into a table: pg_input_is_valid takes 0.3 us,
-- the pattern that Postgres 15 needs 2.8 us (a nested page of 20 conversations looks 200 times).
do $$
begin
  if current_setting('server_version_num')::int >= 160000 then
    create or replace function app.current_tenant() returns uuid
    language sql stable parallel safe
    as $body$
      select case
        when pg_catalog.pg_input_is_valid(current_setting('app.tenant_id', true), 'uuid')
        then current_setting('app.tenant_id', true)::uuid
      end
    $body$;
  else
    create or replace function app.current_tenant() returns uuid
    language sql stable parallel safe
    as $body$
      select case
        when current_setting('app.tenant_id', true) ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
        then current_setting('app.tenant_id', true)::uuid
      end
    $body$;
  end if;
end $$;

revoke all on function app.set_tenant(uuid), app.open_read(uuid), app.current_tenant() from public;
grant execute on function app.set_tenant(uuid), app.open_read(uuid)
  to tenantry_server, tenantry_operator;
grant execute on function app.current_tenant()
  to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_search;

reset role;
