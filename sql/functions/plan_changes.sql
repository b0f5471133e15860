-- How a business changes its own plan, which the server's role has no right to: for one of its owners,
-- or because the time has come. Whether what is used fits the plan is a rule of the server's; here is
-- what must hold whatever it does: an owner asked, and it is a plan that owners choose.
-- Owned by tenantry_provisioner, which writes the tenant that is set and no other.

drop function if exists app.change_plan(uuid, text), app.schedule_plan_change(uuid, text),
  app.cancel_plan_change(uuid), app.finish_plan_change(boolean), app.list_plan_changes(integer);

-- From now on; what was scheduled is over. One on trial becomes a customer. false: not theirs to choose.
create function app.change_plan(owner_user_id uuid, new_plan text) returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
begin
  update app.tenants t
  set plan = p.code, status = case t.status when 'TRIAL' then 'ACTIVE' else t.status end, updated_at = now()
  from app.plans p
  where t.id = app.current_tenant() and t.status <> 'DELETING' and p.code = new_plan and p.self_service
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER');
  if not found then return false; end if;
  delete from app.scheduled_plan_changes c where c.tenant_id = app.current_tenant();
  return true;
end $$;

-- At the end of the period, instead of what was scheduled before. Answers when; null: not theirs to choose.
create function app.schedule_plan_change(owner_user_id uuid, new_plan text) returns timestamptz
language sql volatile security definer set search_path = app, pg_temp
as $$
  insert into app.scheduled_plan_changes as c (tenant_id, plan, effective_at)
  select t.id, p.code, app.period_end()
  from app.tenants t join app.plans p on p.code = new_plan and p.self_service
  where t.id = app.current_tenant() and t.status <> 'DELETING'
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER')
  on conflict (tenant_id) do update
  set plan = excluded.plan, effective_at = excluded.effective_at, created_at = excluded.created_at
  returning c.effective_at
$$;

-- The plan that was scheduled; null: none was.
create function app.cancel_plan_change(owner_user_id uuid) returns text
language sql volatile security definer set search_path = app, pg_temp
as $$
  delete from app.scheduled_plan_changes c
  where c.tenant_id = app.current_tenant()
    and exists (select from app.members m
                where m.tenant_id = c.tenant_id and m.user_id = owner_user_id and m.role = 'OWNER')
  returning c.plan
$$;

-- Ends what was scheduled and is due by the clock: with the new plan, or without where it does not fit.
-- false: nothing is due, for one of several servers was first.
create function app.finish_plan_change(apply boolean) returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  due text;
begin
  delete from app.scheduled_plan_changes c
  where c.tenant_id = app.current_tenant() and c.effective_at <= now()
  returning c.plan into due;
  if due is null then return false; end if;
  if apply then
    update app.tenants t
    set plan = due, status = case t.status when 'TRIAL' then 'ACTIVE' else t.status end, updated_at = now()
    where t.id = app.current_tenant() and t.status <> 'DELETING';
  end if;
  return true;
end $$;

-- For the worker that applies them: the next ones and in how many seconds. Ids alone. One that is being
-- deleted keeps what it had scheduled until it is restored.
create function app.list_plan_changes(most integer) returns table (id uuid, due_in double precision)
language sql stable security definer set search_path = app, pg_temp
as $$
  select c.tenant_id, extract(epoch from c.effective_at - now())::double precision
  from app.scheduled_plan_changes c join app.tenants t on t.id = c.tenant_id
  where t.status <> 'DELETING'
  order by c.effective_at limit most
$$;

revoke all on function app.change_plan(uuid, text), app.schedule_plan_change(uuid, text),
  app.cancel_plan_change(uuid), app.finish_plan_change(boolean), app.list_plan_changes(integer) from public;
grant execute on function app.change_plan(uuid, text), app.schedule_plan_change(uuid, text),
  app.cancel_plan_change(uuid), app.finish_plan_change(boolean), app.list_plan_changes(integer)
  to tenantry_server, tenantry_operator;
