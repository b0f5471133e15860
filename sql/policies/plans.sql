-- The same for every tenant, and read-only for all who serve.
alter table app.plans enable row level security;
alter table app.plans force row level security;

drop policy if exists everyone on app.plans;
create policy everyone on app.plans for select
  to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_provisioner using (true);
revoke all on app.plans from public, tenantry_server;
grant select on app.plans to tenantry_server, tenantry_operator, tenantry_lookup, tenantry_provisioner;

-- The owner writes the catalogue; forced row-level security would refuse even it.
drop policy if exists owner on app.plans;
create policy owner on app.plans to tenantry_owner using (true) with check (true);
