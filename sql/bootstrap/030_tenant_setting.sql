set local role tenantry_owner;

-- Of an earlier version.
drop function if exists app.open_deferring(uuid, int);

-- set_tenant: the first statement of every tenant transaction. open_read: the first of a batch that only
-- reads; outside of BEGIN, statements sent with one Sync are one transaction (protocol, "Pipelining"), so
-- both of its settings end with it. NULL means: no tenant, no rows. They answer with what is set then, by which
-- whoever sent them knows that the answers are its own.
-- Without Citus they are plain SQL that the planner inlines, for a product by id 5 us less than plpgsql.
-- Citus does not forward set_config() to its workers, which would see no tenant, but does forward SET
-- LOCAL; that takes no parameter, hence EXECUTE (%L of a uuid is safe by its type).
do $$
begin
  -- CREATE OR REPLACE cannot change what these returned in an earlier version; void is not inlined.
  if exists (select from pg_proc where pronamespace = 'app'::regnamespace
               and proname in ('set_tenant', 'open_read') and prorettype = 'void'::regtype) then
    drop function if exists app.set_tenant(uuid), app.open_read(uuid);
  end if;
  if exists (select from pg_extension where extname = 'citus') then
    create or replace function app.set_tenant(tenant uuid) returns text
    language plpgsql set search_path = pg_catalog
    as $body$
    begin
      execute format('set local app.tenant_id = %L', coalesce(tenant::text, ''));
      return current_setting('app.tenant_id');
    end $body$;

    create or replace function app.open_read(tenant uuid) returns text
    language plpgsql set search_path = pg_catalog
    as $body$
    begin
      set local transaction_read_only = on;
      execute format('set local app.tenant_id = %L', coalesce(tenant::text, ''));
      return current_setting('transaction_read_only') || current_setting('app.tenant_id');
    end $body$;
  else
    create or replace function app.set_tenant(tenant uuid) returns text
    language sql volatile
    as $body$ select pg_catalog.set_config('app.tenant_id', coalesce(tenant::text, ''), true) $body$;

    create or replace function app.open_read(tenant uuid) returns text
    language sql volatile
    as $body$
      select pg_catalog.set_config('transaction_read_only', 'on', true)
        operator(pg_catalog.||) pg_catalog.set_config('app.tenant_id', coalesce(tenant::text, ''), true)
    $body$;
  end if;
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
  to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_search, tenantry_message_search;
grant execute on function app.current_tenant() to tenantry_accounts, tenantry_provisioner, tenantry_purger;

reset role;
