-- How many of a table's rows are a tenant's, and their share of all, as the planner has it from the last
-- ANALYZE: 0.05 ms, where counting 20 000 takes 1. With the caller's rights, whose statistics no view
-- shows to it. VOLATILE, for EXPLAIN is no query that a STABLE function may make.
create or replace function app.planned_rows(relation regclass, tenant uuid, out rows float8, out share float8)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  plan json;
begin
  execute format('explain (format json) select from %s where tenant_id = %L', relation, tenant) into plan;
  rows := plan -> 0 -> 'Plan' ->> 'Plan Rows';
  share := rows / nullif((select greatest(reltuples, 0) from pg_class where oid = relation), 0);
end $$;

revoke all on function app.planned_rows(regclass, uuid) from public;
grant execute on function app.planned_rows(regclass, uuid) to tenantry_search, tenantry_message_search;
