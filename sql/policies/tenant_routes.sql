-- Routes are found through app.find_tenant() and app.find_api_key(); a tenant writes only its own.
alter table app.tenant_routes enable row level security;
alter table app.tenant_routes force row level security;

drop policy if exists tenant on app.tenant_routes;
create policy tenant on app.tenant_routes to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());
revoke all on app.tenant_routes from public, tenantry_server;
grant select, insert, delete on app.tenant_routes to tenantry_server;

drop policy if exists lookup on app.tenant_routes;
create policy lookup on app.tenant_routes for select to tenantry_lookup using (true);
grant select on app.tenant_routes to tenantry_lookup;

drop policy if exists operator on app.tenant_routes;
create policy operator on app.tenant_routes to tenantry_operator using (true) with check (true);
grant select, insert, delete on app.tenant_routes to tenantry_operator;
