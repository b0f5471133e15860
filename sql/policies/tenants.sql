-- A tenant sees its own row; who is served finds others only through app.find_tenant().
alter table app.tenants enable row level security;
alter table app.tenants force row level security;

drop policy if exists tenant on app.tenants;
create policy tenant on app.tenants to tenantry_server
  using (id = app.current_tenant())
  with check (id = app.current_tenant());
revoke all on app.tenants from public, tenantry_server;
-- Plan and status are the operator's to change, a domain wants a proof: no UPDATE on the whole row.
grant select, update (name, description, metadata, updated_at) on app.tenants to tenantry_server;

drop policy if exists lookup on app.tenants;
create policy lookup on app.tenants for select to tenantry_lookup using (true);
grant select on app.tenants to tenantry_lookup;

drop policy if exists operator on app.tenants;
create policy operator on app.tenants to tenantry_operator using (true) with check (true);
grant select, insert, update on app.tenants to tenantry_operator;

drop policy if exists accounts on app.tenants;
create policy accounts on app.tenants for select to tenantry_accounts using (true);
grant select on app.tenants to tenantry_accounts;

-- Begins, renames, ends and restores the one that is set; reads others, whose slugs it must not take.
drop policy if exists provision_read on app.tenants;
create policy provision_read on app.tenants for select to tenantry_provisioner using (true);
drop policy if exists provision_insert on app.tenants;
create policy provision_insert on app.tenants for insert to tenantry_provisioner
  with check (id = app.current_tenant());
drop policy if exists provision_update on app.tenants;
create policy provision_update on app.tenants for update to tenantry_provisioner
  using (id = app.current_tenant()) with check (id = app.current_tenant());
grant select, insert, update on app.tenants to tenantry_provisioner;
