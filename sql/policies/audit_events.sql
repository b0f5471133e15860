-- Append-only: no UPDATE, no DELETE, for anyone who serves.
alter table app.audit_events enable row level security;
alter table app.audit_events force row level security;

drop policy if exists tenant on app.audit_events;
create policy tenant on app.audit_events to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.audit_events from public, tenantry_server;
grant select, insert on app.audit_events to tenantry_server;

-- An operator's act is written into the log of the tenant that it touched.
drop policy if exists operator on app.audit_events;
create policy operator on app.audit_events to tenantry_operator using (true) with check (true);
grant select, insert on app.audit_events to tenantry_operator;
