-- Texts that members send often.
alter table app.canned_replies enable row level security;
alter table app.canned_replies force row level security;

drop policy if exists tenant on app.canned_replies;
create policy tenant on app.canned_replies to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.canned_replies from public, tenantry_server;
grant select, insert, update, delete on app.canned_replies to tenantry_server;
