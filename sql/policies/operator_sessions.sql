-- Opened and revoked on the operators' own connection; no grant to anybody who serves tenants.
alter table app.operator_sessions enable row level security;
alter table app.operator_sessions force row level security;

drop policy if exists operator on app.operator_sessions;
create policy operator on app.operator_sessions to tenantry_operator using (true) with check (true);
revoke all on app.operator_sessions from public, tenantry_server, tenantry_lookup;
grant select, insert, update on app.operator_sessions to tenantry_operator;
