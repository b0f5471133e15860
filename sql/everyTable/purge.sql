-- What is deleted for good is deleted in every table that has a tenant, also in one that was added
-- yesterday: so these policies are made from the catalogue and not in each table's file. Even this role
-- sees the one tenant that is set, and app.purge_tenant() demands that its time has come.
do $$
declare
  wanted record;
begin
  for wanted in
    select c.oid::regclass as name, a.attname as tenant_key
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
      and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end
    where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  loop
    execute format('drop policy if exists purge on %s', wanted.name);
    execute format('create policy purge on %s to tenantry_purger using (%I = app.current_tenant())',
      wanted.name, wanted.tenant_key);
    execute format('grant select, delete on %s to tenantry_purger', wanted.name);
  end loop;
end $$;

drop policy if exists purge on app.purged_tenants;
create policy purge on app.purged_tenants to tenantry_purger
  using (id = app.current_tenant()) with check (id = app.current_tenant());
grant select, insert, update on app.purged_tenants to tenantry_purger;
