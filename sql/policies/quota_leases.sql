-- Units of a meter that a process has counted in advance.
alter table app.quota_leases enable row level security;
alter table app.quota_leases force row level security;

drop policy if exists tenant on app.quota_leases;
create policy tenant on app.quota_leases to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.quota_leases from public, tenantry_server;
grant select, insert, update, delete on app.quota_leases to tenantry_server;

-- Whose leases nobody has settled is asked across tenants, by app.list_expired_reservations().
drop policy if exists lookup on app.quota_leases;
create policy lookup on app.quota_leases for select to tenantry_lookup using (true);
grant select (tenant_id, is_closed, expires_at) on app.quota_leases to tenantry_lookup;

drop policy if exists operator on app.quota_leases;
create policy operator on app.quota_leases for select to tenantry_operator using (true);
grant select on app.quota_leases to tenantry_operator;
