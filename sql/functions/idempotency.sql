-- What keeps the table of idempotency keys short. Owned by tenantry_purger, whose policy shows it the
-- keys that have run out and no others.

drop function if exists app.sweep_idempotency_keys(integer);

-- Removes at most `most` and answers how many, so that no lock is held for long. Of instances that sweep
-- at once, one does. A key that was claimed anew meanwhile is looked at again and stays.
create function app.sweep_idempotency_keys(most integer) returns integer
language plpgsql volatile security definer set search_path = app, pg_temp
as $$
declare
  removed integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('sweep idempotency keys', 0)) then return 0; end if;
  delete from app.idempotency_keys k where k.expires_at <= now() and (k.tenant_id, k.key) in (
    select due.tenant_id, due.key from app.idempotency_keys due
    where due.expires_at <= now() order by due.expires_at limit most);
  get diagnostics removed = row_count;
  return removed;
end $$;

revoke all on function app.sweep_idempotency_keys(integer) from public;
grant execute on function app.sweep_idempotency_keys(integer) to tenantry_server;
