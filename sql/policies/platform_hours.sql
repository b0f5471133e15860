-- Added up and read by operators; whoever serves businesses has no business here.
alter table app.platform_hours enable row level security;
alter table app.platform_hours force row level security;

drop policy if exists operator on app.platform_hours;
create policy operator on app.platform_hours to tenantry_operator using (true) with check (true);
revoke all on app.platform_hours from public, tenantry_server;
grant select, insert on app.platform_hours to tenantry_operator;
