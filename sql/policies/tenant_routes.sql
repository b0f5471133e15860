-- Routes are found through app.find_tenant() and app.find_api_key(). A tenant writes those of its own
-- API keys and invitations; slugs, domains and phone-number ids are the operator's to give, or whoever asks first for a
-- free one gets the messages that another business expects there.
alter table app.tenant_routes enable row level security;
alter table app.tenant_routes force row level security;

drop policy if exists tenant on app.tenant_routes;
create policy tenant on app.tenant_routes to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

-- Restrictive, so that whatever else may be allowed some day they still hold.
drop policy if exists own_keys_only on app.tenant_routes;
create policy own_keys_only on app.tenant_routes as restrictive for insert to tenantry_server
  with check (kind in ('API_KEY', 'INVITATION'));
drop policy if exists own_keys_deleted_only on app.tenant_routes;
create policy own_keys_deleted_only on app.tenant_routes as restrictive for delete to tenantry_server
  using (kind in ('API_KEY', 'INVITATION'));

revoke all on app.tenant_routes from public, tenantry_server;
grant select, insert, delete on app.tenant_routes to tenantry_server;

drop policy if exists lookup on app.tenant_routes;
create policy lookup on app.tenant_routes for select to tenantry_lookup using (true);
grant select on app.tenant_routes to tenantry_lookup;

drop policy if exists operator on app.tenant_routes;
create policy operator on app.tenant_routes to tenantry_operator using (true) with check (true);
grant select, insert, delete on app.tenant_routes to tenantry_operator;

-- Slugs and proved domains of the tenant that is set.
drop policy if exists provision on app.tenant_routes;
create policy provision on app.tenant_routes to tenantry_provisioner
  using (tenant_id = app.current_tenant() and kind in ('SLUG', 'DOMAIN'))
  with check (tenant_id = app.current_tenant() and kind in ('SLUG', 'DOMAIN'));
grant select, insert, delete on app.tenant_routes to tenantry_provisioner;
