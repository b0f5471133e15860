do $$
begin
  -- Asked first: on a cluster whose administrator made these, the migrating role need not own them.
  if not has_database_privilege('tenantry_owner', current_database(), 'create') then
    execute format('grant create on database %I to tenantry_owner', current_database());
  end if;
  if not exists (select from pg_namespace where nspname = 'app') then
    create schema app authorization tenantry_owner;
  end if;
end $$;

-- Functions below are usable by the roles named, not by everyone.
revoke all on schema app from public;
grant usage on schema app to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_search,
  tenantry_message_search, tenantry_accounts;
grant usage on schema app to tenantry_provisioner, tenantry_purger;
alter default privileges for role tenantry_owner revoke execute on functions from public;

-- pg_trgm and fuzzystrmatch: typo tolerance. btree_gin: the tenant as first column of a GIN index.
-- unaccent: "camion" finds "camión". All are trusted extensions, so no superuser is needed.
create schema if not exists extensions;
grant usage on schema extensions to public;
create extension if not exists pg_trgm schema extensions;
create extension if not exists fuzzystrmatch schema extensions;
create extension if not exists btree_gin schema extensions;
create extension if not exists unaccent schema extensions;
