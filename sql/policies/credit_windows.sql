-- Written by the server through app.exchange_credit(), read by nobody else.
alter table app.credit_windows enable row level security;
alter table app.credit_windows force row level security;

drop policy if exists tenant on app.credit_windows;
create policy tenant on app.credit_windows to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.credit_windows from public, tenantry_server;
grant select, insert, update, delete on app.credit_windows to tenantry_server;

-- Asked for every few hundred requests, and worth nothing after its minute: a crash of Postgres may take it.
do $$
begin
  if (select relpersistence from pg_class where oid = 'app.credit_windows'::regclass) <> 'u' then
    alter table app.credit_windows set unlogged;
  end if;
end $$;
