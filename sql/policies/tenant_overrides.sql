-- A tenant sees what was agreed with it. Only operators write: it is what nobody can give themselves.
alter table app.tenant_overrides enable row level security;
alter table app.tenant_overrides force row level security;

drop policy if exists tenant on app.tenant_overrides;
create policy tenant on app.tenant_overrides to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.tenant_overrides from public, tenantry_server;
grant select on app.tenant_overrides to tenantry_server;

-- Who signs in is told what their business may use.
drop policy if exists lookup on app.tenant_overrides;
create policy lookup on app.tenant_overrides for select to tenantry_lookup using (true);
grant select on app.tenant_overrides to tenantry_lookup;

drop policy if exists operator on app.tenant_overrides;
create policy operator on app.tenant_overrides to tenantry_operator using (true) with check (true);
grant select, insert, update, delete on app.tenant_overrides to tenantry_operator;
