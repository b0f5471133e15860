-- Claimed and filled by the server within the work's transaction; removed by app.sweep_idempotency_keys().
alter table app.idempotency_keys enable row level security;
alter table app.idempotency_keys force row level security;

drop policy if exists tenant on app.idempotency_keys;
create policy tenant on app.idempotency_keys to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.idempotency_keys from public, tenantry_server;
grant select, insert, update on app.idempotency_keys to tenantry_server;

-- Beside the policy that every table has for it: what has run out, of whichever tenant.
drop policy if exists expired on app.idempotency_keys;
create policy expired on app.idempotency_keys to tenantry_purger using (expires_at <= now());
