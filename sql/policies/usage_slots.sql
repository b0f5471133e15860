-- The counters of meters; see functions/usage.sql. Old periods are deleted by the first use of a new one.
alter table app.usage_slots enable row level security;
alter table app.usage_slots force row level security;

drop policy if exists tenant on app.usage_slots;
create policy tenant on app.usage_slots to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.usage_slots from public, tenantry_server;
grant select, insert, update, delete on app.usage_slots to tenantry_server;

drop policy if exists operator on app.usage_slots;
create policy operator on app.usage_slots for select to tenantry_operator using (true);
grant select on app.usage_slots to tenantry_operator;
