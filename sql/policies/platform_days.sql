-- Added up and read by operators; whoever serves businesses has no business here.
alter table app.platform_days enable row level security;
alter table app.platform_days force row level security;

drop policy if exists operator on app.platform_days;
create policy operator on app.platform_days to tenantry_operator using (true) with check (true);
revoke all on app.platform_days from public, tenantry_server;
grant select, insert on app.platform_days to tenantry_operator;
