-- People are above tenants. The server's role has no grant here: it signs people in through
-- app.find_credentials() and sees their names in members.
alter table app.users enable row level security;
alter table app.users force row level security;

drop policy if exists lookup on app.users;
create policy lookup on app.users for select to tenantry_lookup using (true);
revoke all on app.users from public, tenantry_server;
grant select on app.users to tenantry_lookup;

drop policy if exists operator on app.users;
create policy operator on app.users to tenantry_operator using (true) with check (true);
-- An operator finds or makes a tenant's owner; whose password is what, and changing it, is none of theirs.
revoke all on app.users from tenantry_operator;
grant insert on app.users to tenantry_operator;
grant select (id, email, name, email_verified_at) on app.users to tenantry_operator;

drop policy if exists accounts on app.users;
create policy accounts on app.users to tenantry_accounts using (true) with check (true);
grant select, insert, update on app.users to tenantry_accounts;

-- Name and e-mail of whoever makes a business.
drop policy if exists provision_read on app.users;
create policy provision_read on app.users for select to tenantry_provisioner using (true);
grant select on app.users to tenantry_provisioner;
