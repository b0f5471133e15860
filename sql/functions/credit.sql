-- Credit that server processes take for what they are about to do, so that most of it needs no round
-- trip. SECURITY INVOKER: row-level security holds here too, for the tenant that is named.

drop function if exists
  app.exchange_credit(
    uuid, text, text[], integer[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[]);

-- The clock of all windows. A function of its own, so that a test can put another in its place, which
-- takes the owner's rights: the server has no say in what time it is.
create or replace function app.clock() returns timestamptz
language sql volatile
as $$ select clock_timestamp() $$;

-- Settles what a process has spent of each bucket, notes what it keeps, and grants what it needs: all of it,
-- or what there is if that is `smallest` or more, for less would serve nobody; and a part of `extra` while plenty is left (a
-- sixteenth, so none near the limit).
-- `holding` is what the process could still spend, `pending` what it has spent and not yet counted
-- elsewhere, `starts` the window that these and `spent` are of, in seconds since 1970: what is of a window
-- that has ended counts no more. Buckets come sorted: whoever locks their rows does so in one order.
--
-- The row is the lock, so of any number at once exactly the limit passes. A hold that its process has
-- not renewed for three seconds is free again. Where others hold what is missing they are told to give
-- it back (NOTIFY); `elsewhere` says that it is worth to ask again.
create function app.exchange_credit(
  tenant uuid, process text, buckets text[], seconds integer[], limits bigint[],
  starts bigint[], spent bigint[], pending bigint[], holding bigint[], need bigint[],
  smallest bigint[], extra bigint[])
returns table (window_start bigint, ends_in double precision, granted bigint, free bigint, elsewhere bigint)
language plpgsql volatile set search_path = app, pg_temp
as $$
declare
  hold_ms constant bigint := 3000;
  moment timestamptz;
  ms bigint;
  known app.credit_windows%rowtype;
  used bigint;
  own bigint;
  under_way bigint;
  others bigint;
  kept bigint;
begin
  -- By itself, or in a transaction of the very tenant: the rest of another's would run as this one.
  if app.current_tenant() is null then
    perform app.set_tenant(tenant);
  elsif app.current_tenant() <> tenant then
    raise exception 'the transaction belongs to another tenant' using errcode = '42501';
  end if;
  for place in 1 .. cardinality(buckets) loop
    select * into known from app.credit_windows w
    where w.tenant_id = tenant and w.bucket = buckets[place] for update;
    if not found then
      insert into app.credit_windows (tenant_id, bucket, starts_at, ends_at, taken, holds)
      values (tenant, buckets[place], 'epoch', 'epoch', 0, '{}')
      on conflict (tenant_id, bucket) do nothing;
      -- Whoever brings a bucket takes away a few that nobody has used since yesterday.
      delete from app.credit_windows w
      where w.tenant_id = tenant and w.bucket in (
        select old.bucket from app.credit_windows old
        where old.tenant_id = tenant and old.ends_at > 'epoch' and old.ends_at < app.clock() - interval '1 day'
        limit 10 for update skip locked);
      select * into known from app.credit_windows w
      where w.tenant_id = tenant and w.bucket = buckets[place] for update;
    end if;
    -- After the lock: whoever waited for it must not go back into a window that has ended meanwhile.
    moment := app.clock();
    ms := extract(epoch from moment) * 1000;
    window_start := ms / 1000 / seconds[place] * seconds[place];
    ends_in := (window_start + seconds[place]) * 1000 - extract(epoch from moment) * 1000;
    if extract(epoch from known.starts_at)::bigint <> window_start then
      known.taken := 0;
      known.holds := '{}';
    end if;
    own := case when starts[place] = window_start then holding[place] else 0 end;
    under_way := case when starts[place] = window_start then pending[place] else 0 end;
    if starts[place] = window_start then known.taken := greatest(known.taken + spent[place], 0); end if;
    if buckets[place] = 'requests' then
      -- Counted for good once a second, with what they were about; until then they are held.
      used := coalesce((select c.used from app.usage_counters c
        where c.tenant_id = tenant and c.meter = 'API_REQUESTS_PER_DAY'
          and c.day = (to_timestamp(window_start) at time zone 'utc')::date), 0);
    else
      used := known.taken;
    end if;
    select coalesce(jsonb_object_agg(key, value), '{}'), coalesce(sum((value ->> 0)::bigint), 0),
           coalesce(sum((value ->> 0)::bigint + (value ->> 2)::bigint), 0)
      into known.holds, elsewhere, others
    from jsonb_each(known.holds) where key <> process and (value ->> 1)::bigint > ms;

    free := greatest(limits[place] - used - own - under_way - others, 0);
    granted := case when free >= smallest[place] then least(free, need[place]) else 0 end;
    free := free - granted;
    if granted = need[place] then
      kept := least(extra[place], free / 16);
      granted := granted + kept;
      free := free - kept;
    elsif elsewhere > 0 then
      perform pg_notify('tenantry_credit', concat_ws(' ', process, tenant, buckets[place]));
    end if;
    if own + granted + under_way > 0 then
      known.holds := known.holds
        || jsonb_build_object(process, jsonb_build_array(own + granted, ms + hold_ms, under_way));
    end if;
    update app.credit_windows w
    set taken = known.taken, holds = known.holds, starts_at = to_timestamp(window_start),
        ends_at = to_timestamp(window_start + seconds[place])
    where w.tenant_id = tenant and w.bucket = buckets[place];
    return next;
  end loop;
end $$;

revoke all on function app.clock(),
  app.exchange_credit(
    uuid, text, text[], integer[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[])
  from public;
grant execute on function app.clock(),
  app.exchange_credit(
    uuid, text, text[], integer[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[])
  to tenantry_server;
