-- Turned in and handed out by the functions of accounts.sql alone.
alter table app.refresh_tokens enable row level security;
alter table app.refresh_tokens force row level security;

drop policy if exists accounts on app.refresh_tokens;
create policy accounts on app.refresh_tokens to tenantry_accounts using (true) with check (true);
revoke all on app.refresh_tokens from public, tenantry_server;
grant select, insert, update, delete on app.refresh_tokens to tenantry_accounts;
