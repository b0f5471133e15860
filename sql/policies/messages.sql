-- What was said; delivery states change, texts do not.
alter table app.messages enable row level security;
alter table app.messages force row level security;

drop policy if exists tenant on app.messages;
create policy tenant on app.messages to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.messages from public, tenantry_server;
grant select, insert, update on app.messages to tenantry_server;

-- See functions/message_search.sql for why this role exists and what keeps it to one tenant.
drop policy if exists search on app.messages;
create policy search on app.messages for select to tenantry_message_search using (true);
grant select (tenant_id, id, created_at, search_vector) on app.messages to tenantry_message_search;
