-- Units of a meter that a server process counts in advance while it does much of one kind: to count each
-- product with the product took 130 of Postgres's 335 us for it (docs/performance.md). The units are taken
-- from a slot like any other (usage.sql), so that no two processes can give out the same. A work that
-- uses one writes the lease's id into its audit event, in its own transaction, and nothing else: what is
-- rolled back has used nothing, and what a killed process has used is told by the rows that there are.
--
-- A lease is given out for 0.4 s and closed when no work with it is under way. Then what was used goes
-- into the ledger, and the rest back. Who wants to know what is used adds up both (lease_use). Who needs
-- room near a limit waits for the open ones (use_meter_slowly), and nobody gets one there.

-- What is leased and how much of it was used: by the index of audit events, up to some thousand a lease (4 ms).
create or replace view app.lease_use with (security_invoker = true) as
select l.tenant_id, l.meter, l.period, l.day, l.feature, l.api_key_id, l.amount, u.used, l.id
from app.quota_leases l
cross join lateral (
  select count(*) as used from app.audit_events a
  where a.tenant_id = l.tenant_id and a.id > l.id and a.id <= l.last_event_id and a.quota_lease = l.id) u;

-- The ledger as it will be when they are settled.
create or replace view app.usage_ledger with (security_invoker = true) as
select tenant_id, meter, day, feature, api_key_id, used from app.usage_days
union all
select tenant_id, meter, day, feature, api_key_id, used from app.lease_use where used > 0;

-- Leases up to `wanted` units and answers how many: 0 when there are none to be had just now. Not more
-- than a 64th of what is left before four fifths of the limit, where the first warning is due: that is
-- always in one slot's share, and so many processes may have one each. It waits for a slot, some 50 ms at most.
create or replace function app.lease_quota(
  lease uuid, last_event uuid, meter_name text, wanted bigint, feature_name text, key_id uuid, seconds double precision)
returns bigint
language plpgsql volatile
as $$
declare
  tenant constant uuid := app.current_tenant();
  started constant date := app.meter_period(meter_name);
  ceiling constant bigint := app.tenant_limit(meter_name);
  mark constant bigint := (ceiling * 4 + 4) / 5;
  granted bigint;
  known integer;
  full_ones integer;
  highest bigint;
  total bigint;
begin
  -- A limit that ends by itself tells nobody of it.
  if exists (select from app.tenant_overrides o
             where o.tenant_id = tenant and o.kind = 'LIMIT' and o.code = meter_name
               and o.expires_at > now() and o.expires_at <= clock_timestamp() + interval '5 s') then
    return 0;
  end if;
  select coalesce(max(s.basis), 0), coalesce(sum(s.used), 0) into highest, total
  from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
  granted := least(wanted, (mark - 1 - total) / 64);
  if granted < 16 or highest > ceiling then return 0; end if;
  -- Of 16 that count at a time each holds a slot, and the next has it when one ends: to try once was to
  -- get none while a burst lasted on two servers.
  for attempt in 1..40 loop
    select coalesce(bit_or(1 << s.slot), 0), coalesce(bit_or(1 << s.slot) filter (where s.used + granted > s.share), 0)
    into known, full_ones
    from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
    if app.take_slot(tenant, meter_name, started, app.slot_lock(tenant, meter_name), ceiling, granted, known, full_ones) >= 0 then
      insert into app.quota_leases (tenant_id, id, meter, period, day, feature, api_key_id, amount, last_event_id, expires_at)
      values (tenant, lease, meter_name, started, app.usage_today(), feature_name, key_id, granted, last_event,
              clock_timestamp() + make_interval(secs => seconds));
      return granted;
    end if;
    perform pg_sleep(0.001);
  end loop;
  return 0;
end $$;

-- Says that nothing uses the lease any more, and settles it if a slot is free to count it in. If not,
-- whoever settles next does: the next to close one, who waits for room, or the sweep.
create or replace function app.close_lease(lease uuid) returns void
language plpgsql volatile
as $$
declare
  closed_meter text;
begin
  update app.quota_leases l set is_closed = true
  where l.tenant_id = app.current_tenant() and l.id = lease returning l.meter into closed_meter;
  if found then perform app.settle_leases(closed_meter); end if;
end $$;

-- Counts what was used of leases that are closed or have run out, and gives back the rest: of one meter,
-- or of all (null). Waits for nobody; what is left over is there for the next. The slot's share stays, for
-- the units came from one: all shares together still end below the mark.
create or replace function app.settle_leases(meter_name text) returns integer
language plpgsql volatile
as $$
declare
  due app.quota_leases%rowtype;
  place integer;
  spent bigint;
  settled integer := 0;
begin
  for due in
    select * from app.quota_leases l
    where l.tenant_id = app.current_tenant() and (meter_name is null or l.meter = meter_name)
      and (l.is_closed or l.expires_at <= clock_timestamp())
    for update skip locked
  loop
    place := app.hold_slot(due.tenant_id, due.meter, due.period);
    continue when place < 0;
    select l.used into spent from app.lease_use l where l.tenant_id = due.tenant_id and l.id = due.id;
    update app.usage_slots s set used = s.used + spent - due.amount
    where s.tenant_id = due.tenant_id and s.meter = due.meter and s.period = due.period and s.slot = place;
    if spent > 0 then
      perform app.write_ledger(due.meter, due.day, place, due.feature, due.api_key_id, spent);
    end if;
    delete from app.quota_leases l where l.tenant_id = due.tenant_id and l.id = due.id;
    settled := settled + 1;
  end loop;
  return settled;
end $$;

-- A slot that has a row and that nobody else holds, held from now on; -1: there is none.
create or replace function app.hold_slot(tenant uuid, meter_name text, started date) returns integer
language plpgsql volatile
as $$
declare
  place integer;
begin
  for place in
    select s.slot from app.usage_slots s
    where s.tenant_id = tenant and s.meter = meter_name and s.period = started order by s.slot
  loop
    if pg_try_advisory_xact_lock(app.slot_lock(tenant, meter_name) | place) then return place; end if;
  end loop;
  return -1;
end $$;

-- Whether units of a meter are leased, of which some may come back soon. Of two minutes (quotaLeases.ts) the
-- first two seconds: a process that did not give them back by then was killed, or is at something that
-- lasts. To wait for each of those made a business's operations queue up for two minutes.
create or replace function app.is_leased(tenant uuid, meter_name text, started date) returns boolean
language plpgsql volatile
as $$
begin
  return exists (select from app.quota_leases l
                 where l.tenant_id = tenant and l.meter = meter_name and l.period = started
                   and l.expires_at > clock_timestamp() + interval '118 s');
end $$;

do $$
declare
  made regprocedure;
begin
  for made in
    select p.oid::regprocedure from pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proowner = 'tenantry_owner'::regrole
      and p.proname in ('lease_quota', 'close_lease', 'settle_leases', 'hold_slot', 'is_leased')
  loop
    execute format('revoke all on function %s from public', made);
    execute format('grant execute on function %s to tenantry_server', made);
  end loop;
end $$;
revoke all on app.lease_use, app.usage_ledger from public;
grant select on app.lease_use, app.usage_ledger to tenantry_server, tenantry_operator;
