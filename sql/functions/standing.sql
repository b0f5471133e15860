-- What a tenant may use: its plan, with what an operator agreed to beside it. The one place that says so:
-- who signs in, what is counted and what is shown all read it here, and the plan that a tenant may change
-- to is judged by the same words. Not SECURITY DEFINER: whoever calls it reads what they may anyway.

drop function if exists app.tenant_standing(uuid), app.plan_standing(uuid, text), app.period_end();

-- reaches: the plan and all smaller ones. A limit that is missing is none.
create function app.plan_standing(of_tenant uuid, on_plan text)
returns table (plan text, limits jsonb, features text[], reaches text[])
language sql stable parallel safe
as $$
  select p.code,
    jsonb_strip_nulls(p.limits || coalesce((
      select jsonb_object_agg(o.code, o.limit_value) filter (where coalesce(o.expires_at > now(), true))
      from app.tenant_overrides o where o.tenant_id = of_tenant and o.kind = 'LIMIT'), '{}')),
    array(
      select f.code from app.features f
      left join app.tenant_overrides o on o.tenant_id = of_tenant and o.kind = 'FEATURE' and o.code = f.code
      where coalesce(case when coalesce(o.expires_at > now(), true) then o.granted end, f.code = any (p.features))
      order by f.position, f.code),
    array(select s.code from app.plans s where s.position <= p.position order by s.position)
  from app.plans p where p.code = on_plan
$$;

create function app.tenant_standing(of_tenant uuid)
returns table (plan text, limits jsonb, features text[], reaches text[])
language sql stable parallel safe
as $$
  select s.plan, s.limits, s.features, s.reaches
  from app.tenants t cross join lateral app.plan_standing(t.id, t.plan) s
  where t.id = of_tenant
$$;

-- When the period of every plan ends: the calendar's month, in UTC.
create function app.period_end() returns timestamptz
language sql stable parallel safe
as $$ select (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc' $$;

revoke all on function app.tenant_standing(uuid), app.plan_standing(uuid, text), app.period_end() from public;
grant execute on function app.tenant_standing(uuid), app.plan_standing(uuid, text), app.period_end()
  to tenantry_server, tenantry_operator, tenantry_provisioner;
