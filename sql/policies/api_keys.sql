-- Revoked, never deleted: the audit log names them.
alter table app.api_keys enable row level security;
alter table app.api_keys force row level security;

drop policy if exists tenant on app.api_keys;
create policy tenant on app.api_keys to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.api_keys from public, tenantry_server;
grant select, insert, update on app.api_keys to tenantry_server;

drop policy if exists lookup on app.api_keys;
create policy lookup on app.api_keys for select to tenantry_lookup using (true);
grant select on app.api_keys to tenantry_lookup;
