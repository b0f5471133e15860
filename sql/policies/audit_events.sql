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

-- What a person does with their account is written in the same transaction, in each of their businesses.
drop policy if exists accounts on app.audit_events;
create policy accounts on app.audit_events for insert to tenantry_accounts with check (true);
grant insert on app.audit_events to tenantry_accounts;
