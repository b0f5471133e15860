-- People who write to the tenant.
alter table app.customers enable row level security;
alter table app.customers force row level security;

drop policy if exists tenant on app.customers;
create policy tenant on app.customers to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.customers from public, tenantry_server;
grant select, insert, update on app.customers to tenantry_server;
