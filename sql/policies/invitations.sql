-- Whom the business asked to join it. A token finds its tenant by a route, as an API key does.
alter table app.invitations enable row level security;
alter table app.invitations force row level security;

drop policy if exists tenant on app.invitations;
create policy tenant on app.invitations to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.invitations from public, tenantry_server;
grant select, insert, update on app.invitations to tenantry_server;

-- Whose address it is, for who accepts it.
drop policy if exists accounts on app.invitations;
create policy accounts on app.invitations for select to tenantry_accounts
  using (tenant_id = app.current_tenant());
grant select on app.invitations to tenantry_accounts;
