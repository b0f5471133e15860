-- The same for every tenant, and read-only for all who serve.
alter table app.features enable row level security;
alter table app.features force row level security;

drop policy if exists everyone on app.features;
create policy everyone on app.features for select
  to tenantry_server, tenantry_operator, tenantry_lookup using (true);
revoke all on app.features from public, tenantry_server;
grant select on app.features to tenantry_server, tenantry_operator, tenantry_lookup;

-- The owner writes the catalogue; forced row-level security would refuse even it.
drop policy if exists owner on app.features;
create policy owner on app.features to tenantry_owner using (true) with check (true);
