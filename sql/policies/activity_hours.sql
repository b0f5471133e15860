-- Counted up by the server, read by tenant and operator.
alter table app.activity_hours enable row level security;
alter table app.activity_hours force row level security;

drop policy if exists tenant on app.activity_hours;
create policy tenant on app.activity_hours to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.activity_hours from public, tenantry_server;
grant select, insert, update, delete on app.activity_hours to tenantry_server;

-- Whose rows are too old is asked across tenants, by app.list_old_activity().
drop policy if exists lookup on app.activity_hours;
create policy lookup on app.activity_hours for select to tenantry_lookup using (true);
grant select (tenant_id, hour) on app.activity_hours to tenantry_lookup;

drop policy if exists operator on app.activity_hours;
create policy operator on app.activity_hours for select to tenantry_operator using (true);
grant select on app.activity_hours to tenantry_operator;
