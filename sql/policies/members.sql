-- People of the tenant.
alter table app.members enable row level security;
alter table app.members force row level security;

drop policy if exists tenant on app.members;
create policy tenant on app.members to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.members from public, tenantry_server;
-- Nobody is deleted before the business is: what they wrote names them (see user_id).
grant select, insert, update on app.members to tenantry_server;

-- Sign-in asks which businesses a person belongs to, before a tenant is set.
drop policy if exists lookup on app.members;
create policy lookup on app.members for select to tenantry_lookup using (true);
grant select on app.members to tenantry_lookup;

drop policy if exists accounts on app.members;
create policy accounts on app.members for select to tenantry_accounts using (true);
grant select on app.members to tenantry_accounts;

-- The first owner, and who owns how many.
drop policy if exists provision_read on app.members;
create policy provision_read on app.members for select to tenantry_provisioner using (true);
drop policy if exists provision_insert on app.members;
create policy provision_insert on app.members for insert to tenantry_provisioner
  with check (tenant_id = app.current_tenant() and role = 'OWNER');
grant select, insert on app.members to tenantry_provisioner;

-- An operator counts them, and can read nothing that they say.
drop policy if exists operator on app.members;
create policy operator on app.members for select to tenantry_operator using (true);
grant select (tenant_id, id, user_id, left_at) on app.members to tenantry_operator;
