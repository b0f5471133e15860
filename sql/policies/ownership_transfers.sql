-- Offers to hand the business over. Closed, never deleted.
alter table app.ownership_transfers enable row level security;
alter table app.ownership_transfers force row level security;

drop policy if exists tenant on app.ownership_transfers;
create policy tenant on app.ownership_transfers to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.ownership_transfers from public, tenantry_server;
grant select, insert, update on app.ownership_transfers to tenantry_server;
