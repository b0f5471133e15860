-- What a business is told. It is told once and for all: no UPDATE, no DELETE.
alter table app.notifications enable row level security;
alter table app.notifications force row level security;

drop policy if exists tenant on app.notifications;
create policy tenant on app.notifications to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.notifications from public, tenantry_server;
grant select, insert on app.notifications to tenantry_server;
