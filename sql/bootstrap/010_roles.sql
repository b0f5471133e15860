-- The four roles. Made once per cluster; passwords are set by the migration command, never here.
--   tenantry_owner     owns schema and tables, cannot log in. Row-level security is forced on it too.
--   tenantry_server    what the server signs in as: owns nothing, bypasses nothing.
--   tenantry_operator  a platform operator: its own policies, never a bypass.
--   tenantry_lookup    owns the few SECURITY DEFINER functions that run before a tenant is known.
--   tenantry_search    owns the product search; may read products and nothing else.
do $$
declare
  wanted text;
  -- From 16 on a role's creator is a member that may not SET ROLE to it before it is granted once more.
  become text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach wanted in array array['tenantry_owner', 'tenantry_lookup', 'tenantry_search'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin nosuperuser nocreatedb nocreaterole nobypassrls noinherit', wanted);
    end if;
  end loop;
  foreach wanted in array array['tenantry_server', 'tenantry_operator'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole nobypassrls noinherit', wanted);
    end if;
  end loop;
  -- The migrating role acts as these; a superuser may anyway, any other is made a member.
  foreach wanted in array array['tenantry_owner', 'tenantry_lookup', 'tenantry_search'] loop
    if not pg_has_role(current_user, wanted, become) then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end $$;

-- A connection that hangs must not hold locks or a snapshot. The opener's own timers are shorter;
-- these are the net below them. Set only where they differ: ALTER ROLE collides across databases.
do $$
declare
  setting record;
  current_settings text[];
begin
  select coalesce((select setconfig from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
                   where r.rolname = 'tenantry_server' and s.setdatabase = 0), '{}')
    into current_settings;
  for setting in
    select * from (values
      ('statement_timeout', '15s'),
      ('lock_timeout', '5s'),
      ('idle_in_transaction_session_timeout', '15s'),
      ('search_path', 'app')
    ) as wanted(name, value)
    union all
    select 'transaction_timeout', '60s' where current_setting('server_version_num')::int >= 170000
  loop
    if not (setting.name || '=' || setting.value = any (current_settings)) then
      execute format('alter role tenantry_server set %I = %L', setting.name, setting.value);
    end if;
  end loop;
end $$;
