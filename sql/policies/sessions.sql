-- Checked through app.find_membership(), all else through the functions of accounts.sql; no grant to the
-- server.
alter table app.sessions enable row level security;
alter table app.sessions force row level security;

drop policy if exists lookup on app.sessions;
create policy lookup on app.sessions for select to tenantry_lookup using (true);
revoke all on app.sessions from public, tenantry_server, tenantry_lookup;
grant select on app.sessions to tenantry_lookup;

drop policy if exists accounts on app.sessions;
create policy accounts on app.sessions to tenantry_accounts using (true) with check (true);
grant select, insert, update, delete on app.sessions to tenantry_accounts;
