-- Reached through app.queue_mail() and what sends it (mail.sql): the texts hold secrets.
alter table app.mails enable row level security;
alter table app.mails force row level security;

drop policy if exists accounts on app.mails;
create policy accounts on app.mails to tenantry_accounts using (true) with check (true);
revoke all on app.mails from public, tenantry_server;
grant select, insert, update, delete on app.mails to tenantry_accounts;
