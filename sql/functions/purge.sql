-- Removes a business for good. Owned by tenantry_purger, which can read and delete the rows of the
-- tenant that is set, and nothing of another. The transaction that calls it belongs to that tenant.

drop function if exists app.purge_tenant(integer);

-- Deletes at most `most` rows, those that others refer to last, and answers how many are gone; 0: there
-- is nothing left, and the business itself is gone. One call a transaction, so that no lock is held for
-- long. Which tables there are is asked of the catalogue each time.
create function app.purge_tenant(most integer) returns integer
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  gone app.tenants%rowtype;
  emptied record;
  removed integer;
  total integer := 0;
  counts jsonb := '{}';
begin
  -- Before anything is looked at: two servers at once would only wait for each other's rows, and what
  -- app.restore_tenant() is bringing back must not be taken for due.
  if not pg_try_advisory_xact_lock(hashtextextended('purge ' || app.current_tenant(), 0)) then return -1; end if;
  select * into gone from app.tenants where id = app.current_tenant();
  if not found then return 0; end if;
  if gone.status <> 'DELETING' or gone.purge_at is null or gone.purge_at > now() then
    raise exception 'this business is not to be purged' using errcode = '55000';
  end if;

  for emptied in
    with recursive tables as (
      select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
      where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and a.attname = 'tenant_id'
    ), depths (oid, depth) as (
      select oid, 0 from tables
      union
      -- A table that refers to another comes before it; tables in a circle stop at the number of tables.
      select k.confrelid, d.depth + 1 from depths d
      join pg_constraint k on k.conrelid = d.oid and k.contype = 'f' and k.confrelid <> k.conrelid
      join tables t on t.oid = k.confrelid
      where d.depth < (select count(*) from tables)
    )
    -- Rows that refer to rows of their own table go together: which of them to take first, nobody says.
    select oid::regclass as name, exists (
        select from pg_constraint k where k.contype = 'f' and k.conrelid = d.oid and k.confrelid = d.oid
      ) as at_once
    from depths d group by oid order by max(depth), oid::regclass::text
  loop
    exit when total >= most;
    execute format(
      'delete from %1$s where tenant_id = $1 and ctid = any (array(
         select ctid from %1$s where tenant_id = $1 limit $2))', emptied.name)
      using gone.id, case when not emptied.at_once then most - total end;
    get diagnostics removed = row_count;
    total := total + removed;
    if removed > 0 then counts := counts || jsonb_build_object(emptied.name::text, removed); end if;
  end loop;

  insert into app.purged_tenants as known (id, slug, plan, created_at, deletion_requested_at, purged_at, removed)
  values (gone.id, gone.slug, gone.plan, gone.created_at, gone.deletion_requested_at, now(), counts)
  on conflict (id) do update set purged_at = excluded.purged_at, removed = known.removed || (
    select coalesce(jsonb_object_agg(key, value::bigint + coalesce((known.removed ->> key)::bigint, 0)), '{}')
    from jsonb_each_text(excluded.removed));
  if total > 0 then return total; end if;
  -- A row that a request of the last moment wrote would be refused here by its foreign key.
  delete from app.tenants where id = gone.id;
  return 0;
end $$;

revoke all on function app.purge_tenant(integer) from public;
grant execute on function app.purge_tenant(integer) to tenantry_server, tenantry_operator;
