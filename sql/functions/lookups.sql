-- What must be known before a tenant is: whose key, whose session, whose slug. Each is one narrow
-- SECURITY DEFINER function owned by tenantry_lookup, which has its own read policies on just these
-- tables. The server's role can call them and cannot read users, sessions or routes by itself.

drop function if exists app.find_tenant(text, text), app.find_credentials(text), app.list_memberships(uuid),
  app.find_membership(uuid, uuid, uuid), app.find_api_key(text),
  app.open_session(uuid, uuid, timestamptz, text, text), app.list_expired_reservations(integer),
  app.list_old_activity(integer);

create function app.find_tenant(route_kind text, route_key text)
returns table (id uuid, slug text, name text, status text, plan text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select t.id, t.slug, t.name, t.status, t.plan
  from app.tenant_routes r join app.tenants t on t.id = r.tenant_id
  where r.kind = route_kind and r.key = route_key
    -- A domain is kept while the plan does not have it, and leads nowhere meanwhile.
    and (r.kind <> 'DOMAIN' or exists (
      select from app.plan_standing(t.id, t.plan) s where 'CUSTOM_DOMAIN' = any (s.features)))
$$;

create function app.find_credentials(sign_in_email text)
returns table (user_id uuid, name text, password_hash text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select u.id, u.name, u.password_hash from app.users u where u.email = lower(sign_in_email)
$$;

create function app.list_memberships(member_user_id uuid)
returns table (tenant_id uuid, slug text, name text, status text, plan text, member_id uuid, role text)
language sql stable security definer set search_path = app, pg_temp
as $$
  select t.id, t.slug, t.name, t.status, t.plan, m.id, m.role
  from app.members m join app.tenants t on t.id = m.tenant_id
  where m.user_id = member_user_id
  order by m.created_at, t.id
$$;

-- One row only while the session lives and the membership stands: an access token is checked
-- against what is true now, not against what was when it was signed.
create function app.find_membership(session_id uuid, member_user_id uuid, member_tenant_id uuid)
returns table (member_id uuid, role text, member_name text, email text, tenant_status text, slug text,
               plan text, limits jsonb, features text[], reaches text[])
language sql stable security definer set search_path = app, pg_temp
as $$
  select m.id, m.role, m.name, m.email, t.status, t.slug, p.plan, p.limits, p.features, p.reaches
  from app.sessions s
  join app.members m on m.user_id = s.user_id and m.tenant_id = member_tenant_id
  join app.tenants t on t.id = m.tenant_id
  cross join lateral app.plan_standing(t.id, t.plan) p
  where s.id = session_id and s.user_id = member_user_id
    and s.revoked_at is null and s.expires_at > now()
$$;

create function app.find_api_key(key_hash text)
returns table (tenant_id uuid, key_id uuid, name text, scopes text[], expires_at timestamptz,
               tenant_status text, slug text, plan text, limits jsonb, features text[], reaches text[],
               cost_per_minute integer)
language sql stable security definer set search_path = app, pg_temp
as $$
  select k.tenant_id, k.id, k.name, k.scopes, k.expires_at, t.status, t.slug,
    p.plan, p.limits, p.features, p.reaches, k.cost_per_minute
  from app.tenant_routes r
  join app.api_keys k on k.tenant_id = r.tenant_id and k.secret_hash = r.key
  join app.tenants t on t.id = r.tenant_id
  cross join lateral app.plan_standing(t.id, t.plan) p
  where r.kind = 'API_KEY' and r.key = key_hash
    and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
$$;

-- For the sweep: who has something set aside or leased that has run out, or that is over for a day. Ids alone.
create function app.list_expired_reservations(most integer) returns table (id uuid)
language sql stable security definer set search_path = app, pg_temp
as $$
  select r.tenant_id from app.usage_reservations r
  where r.expires_at < now() and (r.state = 'OPEN' or r.expires_at < now() - interval '1 day')
  union
  select l.tenant_id from app.quota_leases l where l.is_closed or l.expires_at < now()
  limit most
$$;

-- For the sweep: who has activity of more than 90 days ago. Whole days, so that each tenant is due once a
-- day. Ids alone.
create function app.list_old_activity(most integer) returns table (id uuid)
language sql stable security definer set search_path = app, pg_temp
as $$
  select distinct a.tenant_id from app.activity_hours a
  where a.hour < date_trunc('day', now(), 'UTC') - interval '90 days' limit most
$$;

revoke all on function app.find_tenant(text, text), app.find_credentials(text), app.list_memberships(uuid),
  app.find_membership(uuid, uuid, uuid), app.find_api_key(text), app.list_expired_reservations(integer),
  app.list_old_activity(integer)
  from public;
grant execute on function app.find_tenant(text, text), app.find_credentials(text), app.list_memberships(uuid),
  app.find_membership(uuid, uuid, uuid), app.find_api_key(text), app.list_expired_reservations(integer),
  app.list_old_activity(integer)
  to tenantry_server;
