-- Search over what was said, as functions/product_search.sql does it over products, as a role that can
-- read nothing but messages. Nothing is ranked, for people look for the latest that was said, and
-- nothing is taken for a typo: messages are full of words that no dictionary has.
drop function if exists app.search_messages(text), app.match_messages(uuid, tsquery, tsquery);

-- Up to 1 001 messages. `needle` is what the index is asked for, a part of `wanted`.
create function app.match_messages(tenant uuid, needle tsquery, wanted tsquery)
returns uuid[]
language sql stable
set search_path = app, pg_temp
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
  select coalesce(array_agg(id), '{}')
  from (select m.id from app.messages m
        where m.tenant_id = tenant and m.search_vector @@ needle and ts_match_vq(m.search_vector, wanted)
        limit 1001) as matched
$$;

-- One row: either `ids`, complete, or null and `wanted`, the query to compare with.
create function app.search_messages(phrase text)
returns table (wanted text, ids uuid[])
language plpgsql stable security definer
set search_path = app, pg_temp
as $$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  words constant text[] := array(
    select word || ':*' from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word where word <> '' limit 16);
  query tsquery;
  hits int;
  hits_each int[];
begin
  ids := '{}';
  if tenant is not null and cardinality(words) > 0 then
    query := to_tsquery('pg_catalog.simple', array_to_string(words, ' & '));
    with newest as materialized (
      select m.search_vector from app.messages m
      where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300
    )
    select (select count(*) from newest n where n.search_vector @@ query),
           array(select (select count(*) from newest n where n.search_vector @@ to_tsquery('pg_catalog.simple', each))
                 from unnest(words) with ordinality as given (each, place) order by place)
    into hits, hits_each;
    if hits >= 3 and exists (
      select from app.messages m where m.tenant_id = tenant offset least(300 * most / hits, 20000))
    then
      ids := null;
    else
      ids := app.match_messages(
        tenant,
        coalesce(
          (select to_tsquery('pg_catalog.simple', string_agg(each, ' & '))
           from unnest(words, hits_each) as given (each, hits)
           where given.hits < case when 0 = any (hits_each) then 1 else 15 end),
          query),
        query);
      if cardinality(ids) > most then ids := null; end if;
    end if;
  end if;
  wanted := query::text;
  return next;
end $$;

revoke all on function app.search_messages(text), app.match_messages(uuid, tsquery, tsquery) from public;
grant execute on function app.search_messages(text) to tenantry_server;
