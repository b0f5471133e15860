-- Counts sign-ins as operators, on the operators' own connection.
alter table app.operator_attempts enable row level security;
alter table app.operator_attempts force row level security;

drop policy if exists operator on app.operator_attempts;
create policy operator on app.operator_attempts to tenantry_operator using (true) with check (true);
revoke all on app.operator_attempts from public, tenantry_server, tenantry_lookup;
grant select, insert, update, delete on app.operator_attempts to tenantry_operator;
