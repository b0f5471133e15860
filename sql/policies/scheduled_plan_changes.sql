-- What a tenant has scheduled. Written by the functions of functions/plan_changes.sql, which ask for an
-- owner: with an INSERT of its own the server's role could give itself any plan.
alter table app.scheduled_plan_changes enable row level security;
alter table app.scheduled_plan_changes force row level security;

drop policy if exists tenant on app.scheduled_plan_changes;
create policy tenant on app.scheduled_plan_changes to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.scheduled_plan_changes from public, tenantry_server;
grant select on app.scheduled_plan_changes to tenantry_server;

-- Which tenants have something due is read across all of them.
drop policy if exists provision_read on app.scheduled_plan_changes;
create policy provision_read on app.scheduled_plan_changes for select to tenantry_provisioner using (true);
drop policy if exists provision on app.scheduled_plan_changes;
create policy provision on app.scheduled_plan_changes to tenantry_provisioner
  using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
grant select, insert, update, delete on app.scheduled_plan_changes to tenantry_provisioner;

drop policy if exists operator on app.scheduled_plan_changes;
create policy operator on app.scheduled_plan_changes to tenantry_operator using (true) with check (true);
grant select, insert, update, delete on app.scheduled_plan_changes to tenantry_operator;
