-- What was counted before there were slots, once: products from their rows, the rest from the days of
-- usage_counters, which holds only requests from then on. The comment says that it was done.
do $$
begin
  if obj_description('app.usage_slots'::regclass, 'pg_class') = 'counted since they are there' then return; end if;
  -- Its owner alone sees all rows until this transaction ends; everybody else's policies stay.
  alter table app.products no force row level security;
  alter table app.usage_counters no force row level security;
  alter table app.usage_slots no force row level security;
  alter table app.usage_days no force row level security;
  insert into app.usage_days (tenant_id, meter, day, slot, feature, api_key_id, used)
  select tenant_id, meter, day, 0, 'before', '00000000-0000-0000-0000-000000000000', used from (
    select tenant_id, meter, day, used from app.usage_counters where meter <> 'API_REQUESTS_PER_DAY'
    union all
    select tenant_id, 'PRODUCTS', app.usage_today(), count(*) from app.products group by tenant_id
  ) as before
  on conflict do nothing;
  -- No limit was cut into shares yet: the first who counts does it.
  insert into app.usage_slots (tenant_id, meter, period, slot, used, share, basis)
  select tenant_id, meter, app.meter_period(meter), 0, sum(used), 0, 9007199254740991
  from app.usage_days where day >= app.meter_period(meter) group by tenant_id, meter
  on conflict do nothing;
  delete from app.usage_counters where meter <> 'API_REQUESTS_PER_DAY';
  alter table app.products force row level security;
  alter table app.usage_counters force row level security;
  alter table app.usage_slots force row level security;
  alter table app.usage_days force row level security;
  comment on table app.usage_slots is 'counted since they are there';
end $$;
