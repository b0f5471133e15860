-- What a business does to itself that the server's role has no right to: to begin, to be renamed, to
-- end. Owned by tenantry_provisioner, whose policies let it write the tenant that is set and no other.
-- The server says who asks (it has authenticated them); what they are in the business is looked up here.

drop function if exists app.create_tenant(text, text, text, text, uuid, uuid, integer),
  app.rename_tenant(text, integer), app.request_deletion(interval), app.restore_tenant(uuid),
  app.list_purgeable(integer), app.route_domain(uuid), app.unroute_domain(text);

-- The tenant that is set begins to exist, with its slug's route and its owner. KNOWN, with its id, when
-- the same person made one of this slug and name before; else why not. A slug that is taken is for the
-- unique keys to refuse.
create function app.create_tenant(
  new_slug text, new_name text, new_description text, new_plan text,
  owner_user_id uuid, owner_member_id uuid, most_owned integer)
returns table (outcome text, tenant_id uuid)
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
#variable_conflict use_column
declare
  person app.users%rowtype;
  known uuid;
begin
  -- Of the same person one at a time: that they own so many stays true, and a double click makes one.
  perform pg_advisory_xact_lock(hashtextextended('create_tenant ' || owner_user_id, 0));
  select * into person from app.users u where u.id = owner_user_id;
  if not found or person.email_verified_at is null then
    return query select 'EMAIL_NOT_VERIFIED', null::uuid;
    return;
  end if;
  select t.id into known from app.tenants t
  join app.members m on m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER'
  where t.slug = new_slug and t.name = new_name and t.status <> 'DELETING';
  if found then
    return query select 'KNOWN', known;
    return;
  end if;
  if most_owned <= (select count(*) from app.members m
                    where m.user_id = owner_user_id and m.role = 'OWNER') then
    return query select 'TOO_MANY', null::uuid;
    return;
  end if;
  insert into app.tenants (id, slug, name, description, plan, status)
  values (app.current_tenant(), new_slug, new_name, new_description, new_plan, 'TRIAL');
  insert into app.tenant_routes (kind, key, tenant_id) values ('SLUG', new_slug, app.current_tenant());
  insert into app.members (tenant_id, id, user_id, role, name, email)
  values (app.current_tenant(), owner_member_id, owner_user_id, 'OWNER', person.name, person.email);
  return query select 'CREATED', app.current_tenant();
end $$;

-- Former slugs still lead here: links go on working, and nobody else gets what was meant for this one.
-- false: it has had as many as it may.
create function app.rename_tenant(new_slug text, most_slugs integer) returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  own boolean;
begin
  select true into own from app.tenant_routes r
  where r.kind = 'SLUG' and r.key = new_slug and r.tenant_id = app.current_tenant();
  if own is null then
    if most_slugs <= (select count(*) from app.tenant_routes r
                      where r.kind = 'SLUG' and r.tenant_id = app.current_tenant()) then
      return false;
    end if;
    insert into app.tenant_routes (kind, key, tenant_id) values ('SLUG', new_slug, app.current_tenant());
  end if;
  update app.tenants t set slug = new_slug, updated_at = now() where t.id = app.current_tenant();
  return true;
end $$;

-- Answers from when on its rows may be removed; nothing when it is being deleted already. Ten minutes
-- from now at the earliest, whatever the server asks for: else its role could end a business and purge
-- it, audit log included, in one transaction that nobody sees before it is done. Operators, whose own
-- role may, end a grace sooner.
create function app.request_deletion(grace interval) returns table (purge_at timestamptz)
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.tenants t
  set status_before_deletion = t.status, status = 'DELETING', deletion_requested_at = now(),
      purge_at = now() + greatest(grace, interval '10 minutes'), updated_at = now()
  where t.id = app.current_tenant() and t.status <> 'DELETING'
  returning t.purge_at
$$;

-- Undoes a deletion for one of its owners, while its time has not come. Answers the status it has again.
-- The lock is the purge's: one that has begun is waited for, and does not begin before this is committed.
-- By the clock, for now() is when the transaction began, and the time may have come since.
create function app.restore_tenant(owner_user_id uuid) returns table (status text)
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
#variable_conflict use_column
begin
  if not exists (select from app.members m
                 where m.tenant_id = app.current_tenant() and m.user_id = owner_user_id and m.role = 'OWNER') then
    return; -- a stranger holds no lock up
  end if;
  perform pg_advisory_xact_lock(hashtextextended('purge ' || app.current_tenant(), 0));
  return query update app.tenants t
  set status = coalesce(t.status_before_deletion, 'ACTIVE'), status_before_deletion = null,
      deletion_requested_at = null, purge_at = null, updated_at = now()
  where t.id = app.current_tenant() and t.status = 'DELETING' and t.purge_at > clock_timestamp()
    and exists (select from app.members m
                where m.tenant_id = t.id and m.user_id = owner_user_id and m.role = 'OWNER')
  returning t.status;
end $$;

-- For the worker that purges. Ids alone.
create function app.list_purgeable(most integer) returns table (id uuid)
language sql stable security definer set search_path = app, pg_temp
as $$
  select t.id from app.tenants t
  where t.status = 'DELETING' and t.purge_at <= now() order by t.purge_at limit most
$$;

-- Sends requests for a domain to the tenant that is set, on the proof that its claim holds: seen in DNS
-- within the last minutes. false: no such proof.
create function app.route_domain(claim uuid) returns boolean
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  proved app.tenant_domains%rowtype;
begin
  select * into proved from app.tenant_domains d
  where d.tenant_id = app.current_tenant() and d.id = claim
    and d.proved_at between now() - interval '5 minutes' and now() + interval '1 minute';
  if not found then return false; end if;
  insert into app.tenant_routes (kind, key, tenant_id)
  values ('DOMAIN', proved.domain, app.current_tenant())
  on conflict (kind, key) do nothing;
  -- Another business may have been first.
  update app.tenants t set domain = proved.domain
  where t.id = app.current_tenant() and t.domain is null and exists (
    select from app.tenant_routes r where r.kind = 'DOMAIN' and r.key = proved.domain
      and r.tenant_id = app.current_tenant());
  return exists (select from app.tenant_routes r where r.kind = 'DOMAIN' and r.key = proved.domain
                   and r.tenant_id = app.current_tenant());
end $$;

create function app.unroute_domain(own_domain text) returns void
language sql volatile security definer set search_path = app, pg_temp
as $$
  update app.tenants t set domain = null
  where t.id = app.current_tenant() and t.domain = own_domain;
  delete from app.tenant_routes r
  where r.kind = 'DOMAIN' and r.key = own_domain and r.tenant_id = app.current_tenant()
$$;

revoke all on function app.create_tenant(text, text, text, text, uuid, uuid, integer),
  app.rename_tenant(text, integer), app.request_deletion(interval), app.restore_tenant(uuid),
  app.list_purgeable(integer), app.route_domain(uuid), app.unroute_domain(text) from public;
grant execute on function app.create_tenant(text, text, text, text, uuid, uuid, integer),
  app.rename_tenant(text, integer), app.request_deletion(interval), app.restore_tenant(uuid),
  app.list_purgeable(integer), app.route_domain(uuid), app.unroute_domain(text)
  to tenantry_server, tenantry_operator;
