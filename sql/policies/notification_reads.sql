-- Who of the business has read what.
alter table app.notification_reads enable row level security;
alter table app.notification_reads force row level security;

drop policy if exists tenant on app.notification_reads;
create policy tenant on app.notification_reads to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.notification_reads from public, tenantry_server;
grant select, insert on app.notification_reads to tenantry_server;
