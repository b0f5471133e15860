-- Who runs the platform. No grant to the server's role or to its look-ups: no tenant's request, and no
-- function that one can call, reaches this realm. Disabled, never deleted: audit logs name them.
alter table app.operators enable row level security;
alter table app.operators force row level security;

drop policy if exists operator on app.operators;
create policy operator on app.operators to tenantry_operator using (true) with check (true);
revoke all on app.operators from public, tenantry_server, tenantry_lookup;
grant select, insert, update on app.operators to tenantry_operator;
