-- Counted up by the server, read by tenant and operator.
alter table app.usage_counters enable row level security;
alter table app.usage_counters force row level security;

drop policy if exists tenant on app.usage_counters;
create policy tenant on app.usage_counters to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.usage_counters from public, tenantry_server;
grant select, insert, update on app.usage_counters to tenantry_server;

drop policy if exists operator on app.usage_counters;
create policy operator on app.usage_counters for select to tenantry_operator using (true);
grant select on app.usage_counters to tenantry_operator;
