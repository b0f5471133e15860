-- How many of a table's rows are a tenant's, and their share of all, as the planner has it from the last
-- ANALYZE: 0.1 ms, where counting 20 000 takes 1. null: it has counted none of this tenant's, and would say
-- what the others have on the average, as it does of a tenant that there is not: a small tenant's searches
-- would be taken for a large one's, and tell how large others are. With the caller's rights, whose statistics
-- no view shows to it. VOLATILE, for EXPLAIN is no query that a STABLE function may make.
create or replace function app.planned_rows(relation regclass, tenant uuid, out rows float8, out share float8)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  question constant text := format('explain (format json) select from %s where tenant_id = ', relation);
  plan json;
  unknown json;
begin
  execute question || quote_nullable(tenant) into plan;
  execute question || quote_literal('00000000-0000-0000-0000-000000000000') into unknown;
  rows := plan -> 0 -> 'Plan' ->> 'Plan Rows';
  if rows <= (unknown -> 0 -> 'Plan' ->> 'Plan Rows')::float8 then rows := null; end if;
  share := rows / nullif((select greatest(reltuples, 0) from pg_class where oid = relation), 0);
end $$;

revoke all on function app.planned_rows(regclass, uuid) from public;
grant execute on function app.planned_rows(regclass, uuid) to tenantry_search, tenantry_message_search;
