-- Meters, counted in the transaction of the work: what is rolled back, to a savepoint too, costs nothing.
-- These run as whoever calls them, under the policies of the tenant that is set.
--
-- A meter's counter in a period is up to 16 rows (slots). A transaction counts in a slot that nobody else
-- holds, so two of one tenant do not wait for each other; who holds a slot is said by advisory locks that
-- are only ever tried, never waited for, hence no deadlock. (FOR UPDATE SKIP LOCKED says it of rows that
-- are there, but the first use of a day has none, and two INSERTs of one key wait.) Each slot may go up to
-- its share. The shares together stay one below the next mark: four fifths of the limit, then the limit.
-- So nobody reaches a mark but the one transaction that holds every slot and knows the sum: it writes the
-- warning, once, and cuts new shares.

-- Today in UTC by the database's clock, of the moment at which the transaction began. Tests put another
-- function in its place, as its owner; the server's role cannot.
create or replace function app.usage_today() returns date
language sql stable parallel safe
as $$ select (now() at time zone 'utc')::date $$;

-- The first day of a meter's period now; 1970-01-01 for what has none.
create or replace function app.meter_period(meter_name text) returns date
language sql stable parallel safe
as $$
  select case when meter_name like '%DAY' then app.usage_today()
              when meter_name like '%MONTH' then app.usage_today() - (extract(day from app.usage_today())::integer - 1)
              else date '1970-01-01' end
$$;

-- What the tenant that is set may use of one meter in a period: the limit of app.tenant_standing(), which
-- reads all limits and features and takes too long for each message. Without a limit: 2^53 - 1, the
-- largest number that clients read exactly. plpgsql, for SQL that is not inlined is planned at every call.
create or replace function app.tenant_limit(meter_name text) returns bigint
language plpgsql stable
as $$
declare
  found_limit bigint;
begin
  select case when o.code is null then (p.limits ->> meter_name)::bigint else o.limit_value end into found_limit
  from app.tenants t join app.plans p on p.code = t.plan
  left join app.tenant_overrides o on o.tenant_id = t.id and o.kind = 'LIMIT' and o.code = meter_name
    and coalesce(o.expires_at > now(), true)
  where t.id = app.current_tenant();
  return coalesce(found_limit, 9007199254740991);
end $$;

-- What a slot that has no row yet may take: half for the first, as most tenants write one at a time and
-- then have one row a day. Never less when `total` grows, so that shares of two limits add up.
create or replace function app.first_share(place integer, total bigint) returns bigint
language sql immutable parallel safe
as $$
  select case when total <= 0 then 0
              when place = 0 then (total + 1) / 2
              else total / 2 / 15 + case when place - 1 < total / 2 % 15 then 1 else 0 end end
$$;

-- The lock of slot 0; the others' are the next.
create or replace function app.slot_lock(tenant uuid, meter_name text) returns bigint
language sql immutable parallel safe
as $$ select hashtextextended(meter_name || tenant::text, 16) & (-32)::bigint $$;

create or replace function app.write_ledger(
  meter_name text, used_on date, place integer, feature_name text, key_id uuid, amount bigint)
returns void
language plpgsql volatile
as $$
begin
  insert into app.usage_days as d (tenant_id, meter, day, slot, feature, api_key_id, used)
  values (app.current_tenant(), meter_name, used_on, place, feature_name, key_id, amount)
  on conflict (tenant_id, meter, day, slot, feature, api_key_id) do update set used = d.used + excluded.used;
end $$;

create or replace function app.usage_notice(meter_name text, started date, percent integer, ceiling bigint)
returns text
language sql stable parallel safe
as $$
  select concat_ws(' ', 'usage', meter_name, percent, ceiling,
    case when started = date '1970-01-01' then app.meter_period('MONTH') else started end)
$$;

-- Tells the business that a meter has reached four fifths of its limit, or all of it: once a period and
-- limit. What has no period is told at most once a month.
create or replace function app.note_usage(meter_name text, started date, percent integer, total bigint, ceiling bigint)
returns void
language sql volatile
as $$
  insert into app.notifications (tenant_id, id, kind, key, data)
  values (app.current_tenant(), app.new_id(), 'USAGE_WARNING',
    app.usage_notice(meter_name, started, percent, ceiling),
    jsonb_build_object('meter', meter_name, 'period', started, 'percent', percent, 'used', total, 'limit', ceiling))
  on conflict (tenant_id, key) do nothing
$$;

-- For meters that are counted elsewhere: the marks that lie between `before` and `after`.
create or replace function app.note_marks(meter_name text, before bigint, after bigint, ceiling bigint)
returns void
language plpgsql volatile
as $$
begin
  if before < (ceiling * 4 + 4) / 5 and after >= (ceiling * 4 + 4) / 5 then
    perform app.note_usage(meter_name, app.meter_period(meter_name), 80, after, ceiling);
  end if;
  if before < ceiling and after >= ceiling then
    perform app.note_usage(meter_name, app.meter_period(meter_name), 100, after, ceiling);
  end if;
end $$;

-- Counts `amount`, or nothing where it does not fit; with `as_many`, what fits. Answers how much. Without
-- a feature the ledger is left alone, for what is only set aside.
create or replace function app.use_meter(
  meter_name text, amount bigint, as_many boolean, feature_name text, key_id uuid)
returns bigint
language plpgsql volatile
as $$
declare
  tenant constant uuid := app.current_tenant();
  started constant date := app.meter_period(meter_name);
  ceiling constant bigint := app.tenant_limit(meter_name);
  locks constant bigint := app.slot_lock(tenant, meter_name);
  wanted integer;
  place integer := -1;
  taken bigint := amount;
begin
  if amount <= 0 then return 0; end if;
  -- Mostly slot 0 is free and has room; else this connection's own. Looking at all of them first is a third
  -- of the price of one, and of eight at once it is two thirds. The lock comes last (by CASE, for conditions
  -- are sorted by their price): who holds a slot without room is thought to have used what it may, by who
  -- looks for room.
  foreach wanted in array array[0, 1 + pg_backend_pid() % 15] loop
    update app.usage_slots s set used = s.used + amount
    where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = wanted
      and case when s.used + amount <= s.share and s.basis <= ceiling
               then pg_try_advisory_xact_lock(locks | wanted) else false end;
    if found then
      place := wanted;
      exit;
    end if;
  end loop;
  if place < 0 then
    select s.taken, s.place into taken, place
    from app.look_for_slot(tenant, meter_name, started, locks, ceiling, amount, as_many) s;
  end if;
  if taken > 0 and feature_name is not null then
    update app.usage_days d set used = d.used + taken
    where d.tenant_id = tenant and d.meter = meter_name and d.day = app.usage_today() and d.slot = place
      and d.feature = feature_name and d.api_key_id = key_id;
    if not found then
      perform app.write_ledger(meter_name, app.usage_today(), place, feature_name, key_id, taken);
    end if;
  end if;
  return taken;
end $$;

-- The same with a look at all slots.
create or replace function app.look_for_slot(
  tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, as_many boolean,
  out taken bigint, out place integer)
language plpgsql volatile
as $$
declare
  known integer;
  full_ones integer;
  highest bigint;
begin
  taken := amount;
  place := -1;
  select coalesce(bit_or(1 << s.slot), 0), coalesce(bit_or(1 << s.slot) filter (where s.used + amount > s.share), 0),
         coalesce(max(s.basis), 0)
  into known, full_ones, highest
  from app.usage_slots s where s.tenant_id = tenant and s.meter = meter_name and s.period = started;
  if highest <= ceiling then
    if full_ones <= 1 and ceiling / 64 > amount then
      place := app.take_slot(tenant, meter_name, started, locks, ceiling, amount, known, full_ones);
    else
      -- Slots that turn out to be full are not kept from others: what a subtransaction has locked is
      -- free again when it is undone. It costs 1 us and a transaction id.
      begin
        place := app.take_slot(tenant, meter_name, started, locks, ceiling, amount, known, full_ones);
        if place < 0 then raise exception using errcode = 'TN001'; end if;
      exception when sqlstate 'TN001' then null;
      end;
    end if;
  end if;
  if place < 0 then
    select s.taken, s.place into taken, place
    from app.use_meter_slowly(tenant, meter_name, started, locks, ceiling, amount, as_many, highest) s;
  end if;
end $$;

-- The usual way: the first slot that is free and has room, slot 0 before this connection's own. -1: there is none.
create or replace function app.take_slot(
  tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, known integer, full_ones integer)
returns integer
language plpgsql volatile
as $$
declare
  place integer;
begin
  for turn in 0..15 loop
    place := case turn when 0 then 0 else 1 + (pg_backend_pid() + turn - 1) % 15 end;
    continue when full_ones & (1 << place) <> 0;
    if known & (1 << place) <> 0 then
      continue when not pg_try_advisory_xact_lock(locks | place);
      update app.usage_slots s set used = s.used + amount
      where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = place
        and s.used + amount <= s.share and s.basis <= ceiling;
    else
      continue when amount > app.first_share(place, (ceiling * 4 + 4) / 5 - 1);
      continue when not pg_try_advisory_xact_lock(locks | place);
      insert into app.usage_slots (tenant_id, meter, period, slot, used, share, basis)
      values (tenant, meter_name, started, place, amount, app.first_share(place, (ceiling * 4 + 4) / 5 - 1), ceiling)
      on conflict do nothing;
      if found and place = 0 then
        -- The first of a period looks after the old ones; what is in flight may still be of the last.
        delete from app.usage_slots s
        where s.tenant_id = tenant and s.meter = meter_name and s.period < started - 62;
        return place;
      end if;
    end if;
    if found then return place; end if;
  end loop;
  return -1;
end $$;

-- Much at once, far from a mark: from as few slots as will do, the roomiest first. -1: not that way.
create or replace function app.take_slots(
  tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint)
returns integer
language plpgsql volatile
as $$
declare
  part record;
  remaining bigint := amount;
  held integer := -1;
begin
  for part in
    select place, coalesce(s.share - s.used, app.first_share(place, (ceiling * 4 + 4) / 5 - 1)) as room,
           s.slot is null as is_new
    from generate_series(0, 15) as place
    left join app.usage_slots s
      on s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = place
    order by room desc, place
  loop
    exit when remaining = 0 or part.room <= 0;
    continue when not pg_try_advisory_xact_lock(locks | part.place);
    if part.is_new then
      insert into app.usage_slots (tenant_id, meter, period, slot, used, share, basis)
      values (tenant, meter_name, started, part.place, least(remaining, part.room), part.room, ceiling)
      on conflict do nothing;
    else
      update app.usage_slots s set used = s.used + least(remaining, part.room)
      where s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = part.place
        and s.used + least(remaining, part.room) <= s.share and s.basis <= ceiling;
    end if;
    if found then
      remaining := remaining - least(remaining, part.room);
      held := part.place;
    end if;
  end loop;
  return case when remaining = 0 then held else -1 end;
end $$;

-- Near a mark, or after a limit was lowered: holds every slot that can be had and cuts their shares anew.
-- One at a time, in the order in which they came; this lock alone is waited for, 0.9 s at most, which is
-- less than Postgres takes to look for deadlocks. Who has it waits for those who hold slots and will be
-- through soon, and for units that are leased (quota_leases.sql); not for those who wait behind it, whose
-- slots are used up as far as they may be. So it refuses only when nothing in flight can give room, unless
-- something is held longer than that: the leases of a process that was killed, for two minutes, in which
-- nobody waits for them.
-- Tried first: all at once, each polling for slots. They took them from each other, and of 48 at a limit
-- none was the one that held all.
create or replace function app.use_meter_slowly(
  tenant uuid, meter_name text, started date, locks bigint, ceiling bigint, amount bigint, as_many boolean, highest bigint,
  out taken bigint, out place integer)
language plpgsql volatile
as $$
declare
  deadline constant timestamptz := clock_timestamp() + interval '900 ms';
  patience constant text := current_setting('lock_timeout');
  held integer := 0;
begin
  taken := 0;
  if amount > 1 and highest <= ceiling then
    begin
      place := app.take_slots(tenant, meter_name, started, locks, ceiling, amount);
      if place < 0 then raise exception using errcode = 'TN001'; end if;
      taken := amount;
      return;
    exception when sqlstate 'TN001' then null;
    end;
  end if;
  -- Whoever is over the limit for good hears it at once, and holds nothing.
  if app.is_over(tenant, meter_name, started, ceiling, case when as_many then 1 else amount end) then return; end if;
  begin
    perform set_config('lock_timeout', '900ms', true);
    perform pg_advisory_xact_lock(locks | 16);
    perform set_config('lock_timeout', patience, true);
    if not app.is_over(tenant, meter_name, started, ceiling, case when as_many then 1 else amount end) then
      loop
        for turn in 0..15 loop
          if held & (1 << turn) = 0 and pg_try_advisory_xact_lock(locks | turn) then held := held | (1 << turn); end if;
        end loop;
        perform app.expire_reservations(meter_name) where held <> 0;
        perform app.settle_leases(meter_name) where held <> 0;
        select s.taken, s.place into taken, place
        from app.recut_slots(tenant, meter_name, started, ceiling, amount, as_many, held,
          clock_timestamp() >= deadline
          or ((held = 65535 or app.waits_behind(locks, held)) and not app.is_leased(tenant, meter_name, started))) s;
        exit when taken >= 0;
        perform pg_sleep(0.001);
      end loop;
    end if;
    if taken > 0 then return; end if;
    raise exception using errcode = 'TN001';
  exception
    when sqlstate 'TN001' then taken := 0;
    when lock_not_available then
      -- Somebody near the mark is still at it. At the limit that is a no, before it only a pity.
      if not app.is_warned(tenant, meter_name, started, ceiling) then raise; end if;
      taken := 0;
  end;
end $$;

-- Whether `amount` more is too much even if all that is in flight were rolled back, and no more used of leases.
create or replace function app.is_over(tenant uuid, meter_name text, started date, ceiling bigint, amount bigint)
returns boolean
language plpgsql volatile
as $$
begin
  return (select coalesce(sum(s.used), 0) from app.usage_slots s
          where s.tenant_id = tenant and s.meter = meter_name and s.period = started)
       - (select coalesce(sum(l.amount - l.used), 0) from app.lease_use l
          where l.tenant_id = tenant and l.meter = meter_name and l.period = started) + amount > ceiling
    and not exists (select from app.usage_reservations r
                    where r.tenant_id = tenant and r.meter = meter_name and r.state = 'OPEN'
                      and r.expires_at <= clock_timestamp());
end $$;

create or replace function app.is_warned(tenant uuid, meter_name text, started date, ceiling bigint) returns boolean
language plpgsql volatile
as $$
begin
  return exists (select from app.notifications n
                 where n.tenant_id = tenant and n.key = app.usage_notice(meter_name, started, 80, ceiling));
end $$;

-- Whether all who hold the slots that are not `held` wait for the lock that one has to have to wait for them.
-- A slot that nobody holds any more was given back a moment ago: it is there to be had, and tells no.
create or replace function app.waits_behind(locks bigint, held integer) returns boolean
language sql volatile
as $$
  with advisory as materialized (
    select l.pid, l.granted, (l.classid::bigint << 32) | l.objid::bigint as key
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.pid <> pg_backend_pid()
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
  )
  select not exists (
    select from generate_series(0, 15) as turn left join advisory a on a.granted and a.key = locks | turn
    where held & (1 << turn) = 0
      and not exists (select from advisory w where w.pid = a.pid and not w.granted and w.key = locks | 16))
$$;

-- Takes what can be taken by whoever holds the slots of `held`, and spreads the room up to the next mark
-- over them. `is_settled`: what others hold will not change to our good. -1: it hangs on that.
create or replace function app.recut_slots(
  tenant uuid, meter_name text, started date, ceiling bigint, amount bigint, as_many boolean, held integer, is_settled boolean,
  out taken bigint, out place integer)
language plpgsql volatile
as $$
declare
  mark constant bigint := (ceiling * 4 + 4) / 5;
  is_warned constant boolean := app.is_warned(tenant, meter_name, started, ceiling);
  least_used bigint; -- if all that others hold is rolled back
  most_used bigint; -- if they take all that they may
  room bigint;
begin
  select sum(coalesce(s.used, 0)),
         sum(case when held & (1 << turn) <> 0 then coalesce(s.used, 0)
                  else coalesce(greatest(s.used, s.share), app.first_share(turn, mark - 1)) end)
  into least_used, most_used
  from generate_series(0, 15) as turn
  left join app.usage_slots s
    on s.tenant_id = tenant and s.meter = meter_name and s.period = started and s.slot = turn;

  if is_settled then
    taken := greatest(least(amount, ceiling - most_used), 0);
    if taken < amount and not as_many then taken := 0; end if;
    -- There is room, and no slot to count it in: all are held for longer than one waits.
    if taken > 0 and held = 0 then raise lock_not_available using message = 'every slot is held'; end if;
  elsif held = 0 then
    taken := -1;
  elsif most_used + amount < (case when is_warned then ceiling else mark end) then
    taken := amount;
  else
    taken := -1;
  end if;
  if taken <= 0 then return; end if;

  if least_used + taken >= mark and not is_warned then
    perform app.note_usage(meter_name, started, 80, least_used + taken, ceiling);
  end if;
  if least_used + taken >= ceiling then
    perform app.note_usage(meter_name, started, 100, least_used + taken, ceiling);
  end if;
  -- What others have in flight may pass the mark: who needs more room than they have comes this way and sees it.
  room := greatest(case when is_warned or least_used + taken >= mark then ceiling else mark end - 1 - most_used - taken, 0);
  insert into app.usage_slots as s (tenant_id, meter, period, slot, used, share, basis)
  select tenant, meter_name, started, slot, used, used + room / count + case when rank <= room % count then 1 else 0 end, ceiling
  from (
    select turn as slot, row_number() over (order by turn) as rank, count(*) over () as count,
           coalesce(c.used, 0) + case when row_number() over (order by turn) = 1 then taken else 0 end as used
    from generate_series(0, 15) as turn
    left join app.usage_slots c
      on c.tenant_id = tenant and c.meter = meter_name and c.period = started and c.slot = turn
    where held & (1 << turn) <> 0
  ) as cut
  on conflict (tenant_id, meter, period, slot) do update
  set used = excluded.used, share = excluded.share, basis = excluded.basis;
  place := (select min(turn) from generate_series(0, 15) as turn where held & (1 << turn) <> 0);
end $$;

-- Changes a counter whatever the limit: gives back, or adds what was spent all the same. What is given
-- back is found by the slow way, which knows the sum; what is added has the shares cut anew. Answers the
-- slot that it holds.
create or replace function app.adjust_slots(meter_name text, started date, change bigint) returns integer
language plpgsql volatile
as $$
declare
  tenant constant uuid := app.current_tenant();
  locks constant bigint := app.slot_lock(tenant, meter_name);
  deadline constant timestamptz := clock_timestamp() + interval '5 s';
begin
  loop
    for place in 0..15 loop
      continue when not pg_try_advisory_xact_lock(locks | place);
      if change <> 0 then
        insert into app.usage_slots as s (tenant_id, meter, period, slot, used, share, basis)
        values (tenant, meter_name, started, place, change, change, 9007199254740991)
        on conflict (tenant_id, meter, period, slot) do update
        set used = s.used + change, share = s.share + least(change, 0),
            basis = case when change > 0 then excluded.basis else s.basis end;
      end if;
      return place;
    end loop;
    if clock_timestamp() > deadline then
      raise exception 'every slot of the meter is held' using errcode = '55P03';
    end if;
    perform pg_sleep(0.002);
  end loop;
end $$;

-- Sets `amount` aside for `seconds`, after which it is free again if nobody settled it. false: no room.
create or replace function app.reserve_usage(
  reservation uuid, meter_name text, amount bigint, feature_name text, key_id uuid, seconds double precision)
returns boolean
language plpgsql volatile
as $$
begin
  if app.use_meter(meter_name, amount, false, null, null) < amount then return false; end if;
  insert into app.usage_reservations (tenant_id, id, meter, period, day, feature, api_key_id, amount, state, expires_at)
  values (app.current_tenant(), reservation, meter_name, app.meter_period(meter_name), app.usage_today(), feature_name, key_id,
          amount, 'OPEN', clock_timestamp() + make_interval(secs => seconds));
  return true;
end $$;

-- Counts what a reservation came to, more than was set aside too, for it is spent: in the period and on
-- the day of the reservation. One that has run out meanwhile is counted all the same; twice is once.
-- false: there is none that is open or has run out.
create or replace function app.settle_usage(reservation uuid, actual bigint) returns boolean
language plpgsql volatile
as $$
declare
  found_one app.usage_reservations%rowtype;
  change bigint;
begin
  select * into found_one from app.usage_reservations r
  where r.tenant_id = app.current_tenant() and r.id = reservation for update;
  if found_one.state is null or found_one.state not in ('OPEN', 'EXPIRED') then return false; end if;
  change := actual - case found_one.state when 'OPEN' then found_one.amount else 0 end;
  if change > 0 and found_one.period = app.meter_period(found_one.meter) then
    change := change - app.use_meter(found_one.meter, change, true, null, null);
  end if;
  if actual > 0 then
    perform app.write_ledger(found_one.meter, found_one.day, app.adjust_slots(found_one.meter, found_one.period, change),
      found_one.feature, found_one.api_key_id, actual);
  else
    perform app.adjust_slots(found_one.meter, found_one.period, change);
  end if;
  update app.usage_reservations r set state = 'SETTLED'
  where r.tenant_id = found_one.tenant_id and r.id = reservation;
  return true;
end $$;

-- Gives back what was set aside. false: it is not open any more.
create or replace function app.release_usage(reservation uuid) returns boolean
language plpgsql volatile
as $$
declare
  found_one app.usage_reservations%rowtype;
begin
  update app.usage_reservations r set state = 'RELEASED'
  where r.tenant_id = app.current_tenant() and r.id = reservation and r.state = 'OPEN' returning * into found_one;
  if not found then return false; end if;
  perform app.adjust_slots(found_one.meter, found_one.period, -found_one.amount);
  return true;
end $$;

-- Gives back what was set aside and has run out: of one meter, or of all (null). What somebody is settling
-- just now is left to them.
create or replace function app.expire_reservations(meter_name text) returns integer
language plpgsql volatile
as $$
declare
  due record;
  expired integer := 0;
begin
  for due in
    select r.id, r.meter, r.period, r.amount from app.usage_reservations r
    where r.tenant_id = app.current_tenant() and (meter_name is null or r.meter = meter_name)
      and r.state = 'OPEN' and r.expires_at <= clock_timestamp()
    for update skip locked
  loop
    update app.usage_reservations r set state = 'EXPIRED'
    where r.tenant_id = app.current_tenant() and r.id = due.id;
    perform app.adjust_slots(due.meter, due.period, -due.amount);
    expired := expired + 1;
  end loop;
  return expired;
end $$;

-- Of the tenant that is set: what has run out is given back, and what is over for a day is forgotten.
create or replace function app.sweep_reservations() returns integer
language plpgsql volatile
as $$
begin
  delete from app.usage_reservations r
  where r.tenant_id = app.current_tenant() and r.state <> 'OPEN' and r.expires_at < now() - interval '1 day';
  return app.expire_reservations(null) + app.settle_leases(null);
end $$;

-- Each meter whose counter is not what its ledger or its rows say; `fix` makes it so. Rows are the truth
-- where there are any, else the ledger. It is exact beside work in progress: a look reads counter and
-- rows in one snapshot, and a fix holds every slot, so that whoever counts is before it or after it.
create or replace function app.reconcile_usage(fix boolean)
returns table (meter text, period date, counted bigint, ledger bigint, stored bigint)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  tenant constant uuid := app.current_tenant();
  deadline constant timestamptz := clock_timestamp() + interval '10 s';
  each_meter text;
  place integer;
begin
  foreach each_meter in array array['PRODUCTS', 'MESSAGES_PER_DAY', 'CONVERSATIONS_PER_MONTH', 'STORAGE_BYTES', 'AI_TOKENS_PER_MONTH'] loop
    place := 0;
    while fix and place < 16 loop
      if pg_try_advisory_xact_lock(app.slot_lock(tenant, each_meter) | place) then
        place := place + 1;
      elsif clock_timestamp() > deadline then
        raise exception 'the meter is in use' using errcode = '55P03';
      else
        perform pg_sleep(0.005);
      end if;
    end loop;
    meter := each_meter;
    period := app.meter_period(each_meter);
    select c.counted, c.ledger, c.stored into counted, ledger, stored from app.compare_usage(each_meter) c;
    continue when counted = ledger and counted = coalesce(stored, counted);
    if fix then
      place := app.adjust_slots(each_meter, period, coalesce(stored, ledger) - counted);
      if stored <> ledger then
        perform app.write_ledger(each_meter, app.usage_today(), place, 'reconcile',
          '00000000-0000-0000-0000-000000000000', stored - ledger);
      end if;
    end if;
    return next;
  end loop;
end $$;

-- One statement, and so one snapshot. A message is written by the clock and counted on the day on which
-- its transaction began, up to a minute before: around midnight both days are right.
create or replace function app.compare_usage(meter_name text, out counted bigint, out ledger bigint, out stored bigint)
language sql stable
as $$
  with period as (
    select app.meter_period(meter_name) as started, app.meter_period(meter_name)::timestamp at time zone 'utc' as since
  ), sums as (
    select
      (select coalesce(sum(s.used), 0) from app.usage_slots s
       where s.tenant_id = app.current_tenant() and s.meter = meter_name and s.period = started)
      - (select coalesce(sum(r.amount), 0) from app.usage_reservations r
         where r.tenant_id = app.current_tenant() and r.meter = meter_name and r.period = started and r.state = 'OPEN')
      - (select coalesce(sum(l.amount - l.used), 0) from app.lease_use l
         where l.tenant_id = app.current_tenant() and l.meter = meter_name and l.period = started) as counted,
      (select coalesce(sum(d.used), 0) from app.usage_days d
       where d.tenant_id = app.current_tenant() and d.meter = meter_name and d.day >= started)
      + (select coalesce(sum(l.used), 0) from app.lease_use l
         where l.tenant_id = app.current_tenant() and l.meter = meter_name and l.day >= started) as ledger,
      case meter_name
        when 'PRODUCTS' then (select count(*) from app.products p where p.tenant_id = app.current_tenant())
        when 'CONVERSATIONS_PER_MONTH' then (select count(*) from app.conversations c
          where c.tenant_id = app.current_tenant() and c.created_at >= since)
        when 'MESSAGES_PER_DAY' then (select count(*) from app.messages m
          where m.tenant_id = app.current_tenant() and m.direction <> 'INTERNAL' and m.created_at >= since)
      end as stored,
      case when meter_name = 'MESSAGES_PER_DAY' then (select count(*) from app.messages m
        where m.tenant_id = app.current_tenant() and m.direction <> 'INTERNAL'
          and m.created_at >= since and m.created_at < since + interval '1 minute') else 0 end as uncertain
    from period
  )
  select counted, ledger,
         case when counted = ledger and counted between stored - uncertain and stored then counted else stored end
  from sums
$$;

do $$
declare
  made regprocedure;
begin
  for made in
    select p.oid::regprocedure from pg_proc p
    where p.pronamespace = 'app'::regnamespace and p.proowner = 'tenantry_owner'::regrole
      and p.proname in ('usage_today', 'meter_period', 'tenant_limit', 'first_share', 'slot_lock', 'write_ledger',
        'note_usage', 'usage_notice', 'note_marks', 'use_meter', 'look_for_slot', 'take_slot', 'take_slots', 'use_meter_slowly',
        'recut_slots', 'is_over', 'is_warned', 'waits_behind', 'adjust_slots', 'reserve_usage', 'settle_usage', 'release_usage', 'expire_reservations',
        'sweep_reservations', 'reconcile_usage', 'compare_usage')
  loop
    execute format('revoke all on function %s from public', made);
    execute format('grant execute on function %s to tenantry_server', made);
  end loop;
end $$;
-- What operators read of a business's usage.
grant execute on function app.usage_today(), app.meter_period(text), app.tenant_limit(text) to tenantry_operator;
