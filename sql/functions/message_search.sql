-- Search over what was said, as functions/product_search.sql does it over products, as a role that can
-- read nothing but messages. Nothing is ranked, for people look for the latest that was said, and
-- nothing is taken for a typo: messages are full of words that no dictionary has.
drop function if exists app.search_messages(text), app.search_messages(text, int), app.match_messages(uuid, tsquery, tsquery),
  app.match_messages(uuid, tsquery, tsquery, boolean), app.walk_messages(uuid, tsquery, int, int, int);

-- Up to 1 001 messages, the latest first; null: none. `needle` is what the index is asked for, a part of
-- `wanted`. The tenant is compared as in app.rank_products, so that one plan serves all.
create function app.match_messages(tenant uuid, needle tsquery, wanted tsquery)
returns uuid[]
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set enable_bitmapscan = on
as $$
declare
  own_words constant tsquery := app.tenant_query(tenant, needle);
begin
  return array_agg(id order by created_at desc, id desc)
  from (select m.id, m.created_at from app.messages m
        where m.tenant_id is not distinct from tenant
          and app.tenant_words(m.tenant_id, m.search_vector) @@ own_words and ts_match_vq(m.search_vector, wanted)
        limit 1001) as matched;
end $$;

-- The latest messages that match, up to `most` among the `among` (null: all) that follow the first `skipped`.
create function app.walk_messages(tenant uuid, wanted tsquery, skipped int, among int, most int)
returns uuid[]
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
begin
  return array(
    select next.id
    from (select m.id, m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc offset skipped limit among) as next
    where ts_match_vq(next.search_vector, wanted) limit most);
end $$;

-- One row: either `ids`, complete, or null and `wanted`, the query to compare with. With a `page` there are
-- only `page_ids`, the latest that many, which may be found before it is known how many there are in all.
create function app.search_messages(phrase text, page int default null)
returns table (wanted text, ids uuid[], page_ids uuid[])
language plpgsql stable security definer rows 1
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  -- Without what the text parser knows no word in: of a query that is empty nothing matches.
  words constant text[] := array(
    select word || ':*' from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word
    where word <> '' and numnode(to_tsquery('pg_catalog.simple', word || ':*')) > 0 limit 16);
  queries constant tsquery[] := array(select to_tsquery('pg_catalog.simple', word) from unnest(words) as word);
  first constant tsquery := queries[1];
  second constant tsquery := queries[2];
  third constant tsquery := queries[3];
  query tsquery;
  looked int;
  matching uuid[];
  hits int;
  further uuid[];
  wanted_more int;
  looked_further boolean := false;
  asks_index boolean;
  enough int;
  hits_each int[];
  estimated float8;
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::uuid[];
    return;
  end if;
  query := to_tsquery('pg_catalog.simple', array_to_string(words, ' & '));
  if cardinality(queries) in (2, 3) then
    -- Each is compared with once, and is no element to be looked up: 0.12 instead of 0.16.
    select count(*), coalesce(array_agg(newest.id) filter (where has_first and has_second and has_third is not false), '{}'),
      (array[count(*) filter (where has_first), count(*) filter (where has_second),
             count(*) filter (where has_third)])[1:cardinality(queries)]
    into looked, matching, hits_each
    from (select m.id, m.search_vector @@ first as has_first, m.search_vector @@ second as has_second,
            m.search_vector @@ third as has_third
          from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
  else
    select count(*), coalesce(array_agg(newest.id) filter (where newest.search_vector @@ query), '{}') into looked, matching
    from (select m.id, m.search_vector from app.messages m
          where m.tenant_id = tenant order by m.created_at desc, m.id desc limit 300) as newest;
  end if;
  hits := cardinality(matching);
  if looked = 300 and hits >= 3 and hits < coalesce(page, 301) then
    -- Three of 300 make 21 of 2 100: a page is mostly found without knowing how many there are. And what is said
    -- comes in conversations: ten of the newest 300 may be all, for which a page would be walked for to the end.
    wanted_more := greatest(coalesce(page, 0) - hits, 21);
    further := app.walk_messages(tenant, query, 300, 2700, wanted_more);
    looked_further := cardinality(further) < wanted_more;
  end if;
  if page is not null then
    page_ids := (matching || further)[1:page];
    if looked < 300 or cardinality(page_ids) = page then
      return next;
      return;
    end if;
  end if;
  ids := matching;
  if looked = 300 then
    -- Fewer than 21 of 3 000 are at most 7 in a thousand, and of these the index gives a page sooner than a walk,
    -- which may go on to the end. Of several words that goes for the rarest alone, as far as 300 tell.
    asks_index := hits < 3 or looked_further and (cardinality(queries) = 1 or 15 >= (select min(n) from unnest(hits_each) as n));
    if asks_index is not true then
      enough := case when looked_further then 3000 * most / (hits + cardinality(further)) else 300 * most / hits end;
      estimated := app.planned_rows('app.messages', tenant);
    end if;
    if asks_index is not true and (estimated >= enough or exists (
      select from app.messages m where m.tenant_id = tenant and enough <= 20000 offset enough))
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
      ids := coalesce(app.match_messages(
        tenant,
        (select to_tsquery('pg_catalog.simple', string_agg(each, ' & '))
         from unnest(words, hits_each) as given (each, hits)
         where given.hits <= 3 * (select min(n) from unnest(hits_each) as n)),
        query), '{}');
      if cardinality(ids) > most then ids := null; end if;
    end if;
  end if;
  if page is null then
    wanted := query::text;
  elsif ids is not null then
    page_ids := ids[1:page];
    ids := null;
  else
    page_ids := matching || app.walk_messages(tenant, query, 300, null, page - hits);
  end if;
  return next;
end $$;

revoke all on function app.search_messages(text, int), app.match_messages(uuid, tsquery, tsquery),
  app.walk_messages(uuid, tsquery, int, int, int) from public;
grant execute on function app.search_messages(text, int) to tenantry_server;
