-- Search over what was said, as functions/product_search.sql does it over products, as a role that can
-- read nothing but messages. Nothing is ranked, for people look for the latest that was said, and
-- nothing is taken for a typo: messages are full of words that no dictionary has.
drop function if exists app.search_messages(text), app.match_messages(uuid, tsquery, tsquery),
  app.match_messages(uuid, tsquery, tsquery, boolean);

-- Up to 1 001 messages. `needle` is what the index is asked for, a part of `wanted`. The tenant is compared
-- as in app.rank_products.
create function app.match_messages(tenant uuid, needle tsquery, wanted tsquery)
returns uuid[]
language plpgsql stable
set search_path = app, pg_temp
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
declare
  own_words constant tsquery := app.tenant_query(tenant, needle);
begin
  return coalesce(array_agg(id), '{}')
  from (select m.id from app.messages m
        where m.tenant_id is not distinct from tenant
          and app.tenant_words(m.tenant_id, m.search_vector) @@ own_words and ts_match_vq(m.search_vector, wanted)
        limit 1001) as matched;
end $$;

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
  queries constant tsquery[] := array(select to_tsquery('pg_catalog.simple', word) from unnest(words) as word);
  query tsquery;
  looked int;
  hits int;
  hits_each int[];
  estimated float8;
begin
  ids := '{}';
  if tenant is not null and cardinality(words) > 0 then
    query := to_tsquery('pg_catalog.simple', array_to_string(words, ' & '));
    if cardinality(queries) in (2, 3) then
      select count(*), count(*) filter (where newest.search_vector @@ query),
        (array[count(*) filter (where newest.search_vector @@ queries[1]), count(*) filter (where newest.search_vector @@ queries[2]),
               count(*) filter (where newest.search_vector @@ queries[3])])[1:cardinality(queries)]
      into looked, hits, hits_each
      from (select m.search_vector from app.messages m
            where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
    else
      select count(*), count(*) filter (where newest.search_vector @@ query) into looked, hits
      from (select m.search_vector from app.messages m
            where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
    end if;
    if looked = 300 then
      estimated := app.planned_rows('app.messages', tenant);
    end if;
    if looked = 300 and hits >= 3 and (estimated >= 300 * most / hits or exists (
      select from app.messages m where m.tenant_id = tenant offset least(300 * most / hits, 20000)))
    then
      ids := null;
    else
      hits_each := coalesce(hits_each, array[hits]);
      if cardinality(queries) > 3 then
        with newest as materialized (
          select m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300
        )
        select array(select (select count(*) from newest n where n.search_vector @@ each)
                     from unnest(queries) with ordinality as given (each, place) order by place)
        into hits_each;
      end if;
      -- The rarest words only, as in app.search_products.
      ids := app.match_messages(
        tenant,
        (select to_tsquery('pg_catalog.simple', string_agg(each, ' & '))
         from unnest(words, hits_each) as given (each, hits)
         where given.hits <= 3 * (select min(n) from unnest(hits_each) as n)),
        query);
      if cardinality(ids) > most then ids := null; end if;
    end if;
  end if;
  wanted := query::text;
  return next;
end $$;

revoke all on function app.search_messages(text), app.match_messages(uuid, tsquery, tsquery) from public;
grant execute on function app.search_messages(text) to tenantry_server;
