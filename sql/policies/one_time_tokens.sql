-- Handed out by mail and used up by the functions of accounts.sql alone.
alter table app.one_time_tokens enable row level security;
alter table app.one_time_tokens force row level security;

drop policy if exists accounts on app.one_time_tokens;
create policy accounts on app.one_time_tokens to tenantry_accounts using (true) with check (true);
revoke all on app.one_time_tokens from public, tenantry_server;
grant select, insert, update, delete on app.one_time_tokens to tenantry_accounts;
