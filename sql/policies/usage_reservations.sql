-- What is set aside of a meter.
alter table app.usage_reservations enable row level security;
alter table app.usage_reservations force row level security;

drop policy if exists tenant on app.usage_reservations;
create policy tenant on app.usage_reservations to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.usage_reservations from public, tenantry_server;
grant select, insert, update, delete on app.usage_reservations to tenantry_server;

-- Whose reservations have run out is asked across tenants, by app.list_expired_reservations().
drop policy if exists lookup on app.usage_reservations;
create policy lookup on app.usage_reservations for select to tenantry_lookup using (true);
grant select (tenant_id, state, expires_at) on app.usage_reservations to tenantry_lookup;

drop policy if exists operator on app.usage_reservations;
create policy operator on app.usage_reservations for select to tenantry_operator using (true);
grant select on app.usage_reservations to tenantry_operator;
