-- A claim gives nothing: what leads requests to a business is its route, and app.route_domain() makes
-- that only of a claim whose proof was seen.
alter table app.tenant_domains enable row level security;
alter table app.tenant_domains force row level security;

drop policy if exists tenant on app.tenant_domains;
create policy tenant on app.tenant_domains to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.tenant_domains from public, tenantry_server;
grant select, insert, update, delete on app.tenant_domains to tenantry_server;

drop policy if exists provision_read on app.tenant_domains;
create policy provision_read on app.tenant_domains for select to tenantry_provisioner
  using (tenant_id = app.current_tenant());
grant select on app.tenant_domains to tenantry_provisioner;
