-- Counted by app.take_attempt() alone.
alter table app.attempt_counters enable row level security;
alter table app.attempt_counters force row level security;

drop policy if exists accounts on app.attempt_counters;
create policy accounts on app.attempt_counters to tenantry_accounts using (true) with check (true);
revoke all on app.attempt_counters from public, tenantry_server;
grant select, insert, update, delete on app.attempt_counters to tenantry_accounts;
