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

-- STABLE, never IMMUTABLE: a prepared statement would keep the first tenant's id for ever.
-- Malformed text reads as no tenant, so a wrong setting shows zero rows rather than an error.
create or replace function app.current_tenant() returns uuid
language sql stable parallel safe
as $$
  select case
    when current_setting('app.tenant_id', true) ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
    then current_setting('app.tenant_id', true)::uuid
  end
$$;

revoke all on function app.set_tenant(uuid), app.current_tenant() from public;
grant execute on function app.set_tenant(uuid) to tenantry_server, tenantry_operator;
grant execute on function app.current_tenant()
  to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_search;

reset role;
