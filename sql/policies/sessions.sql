-- Opened and checked through app.open_session() and app.find_membership(); no grant to the server.
alter table app.sessions enable row level security;
alter table app.sessions force row level security;

drop policy if exists lookup on app.sessions;
create policy lookup on app.sessions to tenantry_lookup using (true) with check (true);
revoke all on app.sessions from public, tenantry_server;
grant select, insert on app.sessions to tenantry_lookup;
