-- Threads; their history stays.
alter table app.conversations enable row level security;
alter table app.conversations force row level security;

drop policy if exists tenant on app.conversations;
create policy tenant on app.conversations to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.conversations from public, tenantry_server;
grant select, insert, update on app.conversations to tenantry_server;
