-- Written by app.purge_tenant() alone, read by operators; no tenant is left that could ask for it.
alter table app.purged_tenants enable row level security;
alter table app.purged_tenants force row level security;

drop policy if exists operator on app.purged_tenants;
create policy operator on app.purged_tenants for select to tenantry_operator using (true);
revoke all on app.purged_tenants from public, tenantry_server;
grant select on app.purged_tenants to tenantry_operator;
