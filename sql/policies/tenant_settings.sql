-- One row a tenant; it goes with the tenant, never before.
alter table app.tenant_settings enable row level security;
alter table app.tenant_settings force row level security;

drop policy if exists tenant on app.tenant_settings;
create policy tenant on app.tenant_settings to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.tenant_settings from public, tenantry_server;
grant select, insert, update on app.tenant_settings to tenantry_server;

-- An operator sees that and when they changed, not what they say.
drop policy if exists operator on app.tenant_settings;
create policy operator on app.tenant_settings for select to tenantry_operator using (true);
grant select (tenant_id, version, updated_at) on app.tenant_settings to tenantry_operator;
