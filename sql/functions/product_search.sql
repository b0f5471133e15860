-- Full-text @@ and trigram <% are not leakproof, so under row-level security the planner may not use
-- their indexes: a search would read every row of the tenant. This function runs as tenantry_search,
-- whose policy on products is "all rows" and which can read nothing else; the body itself keeps to
-- the tenant that is set. It returns ids, never columns: what comes out is read again under RLS.
drop function if exists app.search_products(text);

-- pg_trgm is where the database's administrator put it, in "extensions" or elsewhere. Its operators are
-- named with that schema, for a search path that leads there would let its other contents stand in.
do $do$
declare
  home text := (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'pg_trgm');
begin
-- Loads pg_trgm: until then its settings are unknown, and naming one below would need a superuser.
execute replace('select {home}.show_limit()', '{home}', home);
execute replace($create$
create function app.search_products(phrase text)
returns table (product_id uuid, score real)
language sql stable security definer
rows 100
set search_path = app, {home}, pg_temp
set pg_trgm.word_similarity_threshold = 0.5
as $$
  with wanted as materialized (
    select app.fold(phrase) as folded,
           -- Every word must occur; each may be the beginning of one ("jack" finds "jacket").
           -- Only letters and digits survive, so the text can't be tsquery syntax.
           (select to_tsquery('pg_catalog.simple', string_agg(word || ':*', ' & '))
            from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word
            where word <> '') as query
  ),
  exact as (
    select p.id, (1 + ts_rank(p.search_vector, wanted.query)
                    + case when app.fold(p.sku) = wanted.folded then 10 else 0 end)::real as score
    from app.products p, wanted
    where p.tenant_id = app.current_tenant() and p.search_vector @@ wanted.query
  ),
  alike as (
    select p.id, {home}.word_similarity(wanted.folded, p.search_text) as score
    from app.products p, wanted
    where p.tenant_id = app.current_tenant() and wanted.folded operator({home}.<%) p.search_text
  )
  select both_ways.id, sum(both_ways.score)::real
  from (select * from exact union all select * from alike) as both_ways
  group by both_ways.id
$$
$create$, '{home}', home);
end $do$;

revoke all on function app.search_products(text) from public;
grant execute on function app.search_products(text) to tenantry_server;
