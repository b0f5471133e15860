-- The ledger that counters are added up to.
alter table app.usage_days enable row level security;
alter table app.usage_days force row level security;

drop policy if exists tenant on app.usage_days;
create policy tenant on app.usage_days to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.usage_days from public, tenantry_server;
grant select, insert, update on app.usage_days to tenantry_server;

drop policy if exists operator on app.usage_days;
create policy operator on app.usage_days for select to tenantry_operator using (true);
grant select on app.usage_days to tenantry_operator;
