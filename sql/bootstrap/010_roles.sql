-- The roles. Made once per cluster; passwords are set by the migration command, never here.
--   tenantry_owner     owns schema and tables, cannot log in. Row-level security is forced on it too.
--   tenantry_server    what the server signs in as: owns nothing, bypasses nothing.
--   tenantry_operator  a platform operator: its own policies, never a bypass.
--   tenantry_lookup    owns the few SECURITY DEFINER functions that run before a tenant is known.
--   tenantry_search    owns the product search; may read products, the words in their names, nothing else.
--   tenantry_message_search  owns the message search; may read messages and nothing else.
--   tenantry_accounts  owns the functions that change people, their sessions and their mail; its own policies.
--   tenantry_provisioner  owns what begins, renames and ends a business: writes the one that is set.
--   tenantry_purger    owns what removes one for good: reads and deletes the rows of the one that is set.
do $$
declare
  wanted text;
  -- From 16 on a role's creator is a member that may not SET ROLE to it before it is granted once more.
  become text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach wanted in array array['tenantry_owner', 'tenantry_lookup', 'tenantry_search', 'tenantry_message_search',
    'tenantry_accounts', 'tenantry_provisioner', 'tenantry_purger'] loop
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
  foreach wanted in array array['tenantry_owner', 'tenantry_lookup', 'tenantry_search', 'tenantry_message_search',
    'tenantry_accounts', 'tenantry_provisioner', 'tenantry_purger'] loop
    if not pg_has_role(current_user, wanted, become) then
      execute format('grant %I to %I', wanted, current_user);
    end if;
  end loop;
end $$;

-- A connection that hangs must not hold locks or a snapshot. The opener's own timers are shorter;
-- these are the net below them. An operator's command may work longer, and holds locks no longer. The
-- other roles cannot log in. Every statement names its tenant, so one plan serves all: planning anew
-- for each value took a quarter of the time of a product by id. The usual random_page_cost of 4 is a
-- turning disk's: with it the authors of a page's messages were each looked for by reading all members,
-- and a nested page took 1.4 times as long. No workers and no jit: plans made for all words look dear where
-- a table is large, and to start or compile costs more than any of these statements does. Of 2 million
-- messages a rare word was looked up in 0.3 ms, by two workers in 6 to 16. Set only where they differ:
-- ALTER ROLE collides across databases.
do $$
declare
  setting record;
begin
  for setting in
    select * from (values
      ('tenantry_server', 'statement_timeout', '15s', 0),
      ('tenantry_server', 'lock_timeout', '5s', 0),
      ('tenantry_server', 'idle_in_transaction_session_timeout', '15s', 0),
      ('tenantry_server', 'transaction_timeout', '60s', 170000),
      ('tenantry_server', 'search_path', 'app', 0),
      ('tenantry_server', 'plan_cache_mode', 'force_generic_plan', 0),
      ('tenantry_server', 'random_page_cost', '1.1', 0),
      ('tenantry_server', 'max_parallel_workers_per_gather', '0', 0),
      ('tenantry_server', 'jit', 'off', 0),
      ('tenantry_operator', 'statement_timeout', '1min', 0),
      ('tenantry_operator', 'lock_timeout', '5s', 0),
      ('tenantry_operator', 'idle_in_transaction_session_timeout', '15s', 0),
      ('tenantry_operator', 'transaction_timeout', '5min', 170000),
      ('tenantry_operator', 'search_path', 'app', 0)
    ) as wanted(role, name, value, since)
    where since <= current_setting('server_version_num')::int
      and not exists (
        select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
        where r.rolname = wanted.role and s.setdatabase = 0
          and wanted.name || '=' || wanted.value = any (s.setconfig))
  loop
    execute format('alter role %I set %I = %L', setting.role, setting.name, setting.value);
  end loop;
end $$;
