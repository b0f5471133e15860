-- Full-text @@ is not leakproof, so under row-level security the planner may not use its index: a
-- search would read every row of the tenant. This function runs as tenantry_search, whose policies on
-- products and their words are "all rows" and which can read nothing else; the body itself keeps to
-- the tenant that is set. It returns ids, never columns: what comes out is read again under RLS.
--
-- What it costs does not grow with the catalogue (200 000 products, milliseconds in Postgres):
--   * ranking every match of a word that 30 % have takes 200. Beyond 1 000 matches there are no ids but
--     the query, for whoever reads an order's index and leaves out what does not match: 70 rows for 20;
--   * finding out by the GIN index that a word is that common takes 11, for a prefix 17 to 32. So the
--     300 newest products are looked at first (0.5), and the index is asked for rare words only.
drop function if exists app.search_products(text), app.rank_products(uuid, tsquery, tsquery),
  app.similar_words(uuid, text);

-- Up to 1 001 products that match, with a rank. `needle` is what the index is asked for: `wanted` or a
-- part of it; ts_match_vq is @@ where the planner does not take it for the index, which spends 20 ms on
-- a common prefix. No other plan serves, and generic plans cannot know how rare a word is.
create function app.rank_products(tenant uuid, needle tsquery, wanted tsquery)
returns table (ids uuid[], scores real[])
language sql stable
set search_path = app, pg_temp
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
  select coalesce(array_agg(id), '{}'), coalesce(array_agg(score), '{}')
  from (select p.id, (1 + ts_rank(p.search_vector, wanted))::real as score
        from app.products p
        where p.tenant_id = tenant and p.search_vector @@ needle and ts_match_vq(p.search_vector, wanted)
        limit 1001) as ranked
$$;

-- What a mistyped word may have meant, out of the words that the business's products are named by: it
-- begins alike or contains the word, or is one or two letters away (two that changed places count as
-- one). The first letter is taken to be right, or to have changed places with the second.
-- fuzzystrmatch is where the database's administrator put it, in "extensions" or elsewhere; its
-- function is named with that schema, for a search path that leads there would let its other contents
-- stand in.
do $do$
declare
  home text := (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'fuzzystrmatch');
begin
execute replace($create$
create function app.similar_words(tenant uuid, typed text)
returns setof text
language sql stable
set search_path = app, pg_temp
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
  select word
  from (
    select word, case
        when strpos(word, typed) > 0 then 0
        when sorted.letters = typed_sorted.letters and distance = 2 then 1
        else distance
      end as far
    from (
      select distinct k.word, {home}.levenshtein(k.word, typed) as distance
      from app.product_words k
      where k.tenant_id = tenant
        and (k.word like left(typed, 1) || '%' or k.word like substr(typed, 2, 1) || '%'
             or (length(typed) >= 4 and k.word like '%' || typed || '%'))
        and (abs(length(k.word) - length(typed)) <= 2 or strpos(k.word, typed) > 0)
    ) as candidate
    cross join lateral (select array_agg(c order by c) as letters
                        from regexp_split_to_table(case when distance = 2 then word end, '') as c) as sorted
    cross join (select array_agg(c order by c) as letters from regexp_split_to_table(typed, '') as c) as typed_sorted
  ) as measured
  where length(typed) between 3 and 40
    and far <= case when length(typed) <= 4 then 1 else 2 end
  order by far, abs(length(word) - length(typed)), word
  limit 5
$$
$create$, '{home}', home);
end $do$;

-- One row: either `ids` and their `scores`, complete, or null and `wanted`, the query to compare with.
create function app.search_products(phrase text)
returns table (wanted text, ids uuid[], scores real[])
language plpgsql stable security definer
set search_path = app, pg_temp
as $$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  -- Only letters and digits survive, so the text can't be tsquery syntax.
  words constant text[] := array(
    select word from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word where word <> '' limit 16);
  -- Every word must occur; each may be the beginning of one ("jack" finds "jacket").
  alternatives text[] := array(select word || ':*' from unnest(words) as word);
  has_sku constant uuid := (
    select p.id from app.products p
    where p.tenant_id = tenant and p.sku = any (array[trim(phrase), upper(trim(phrase)), lower(trim(phrase))]) limit 1);
  query tsquery;
  needle tsquery;
  hits int;
  hits_each int[];
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::real[];
    return;
  end if;
  for attempt in 1..2 loop
    query := (select to_tsquery('pg_catalog.simple', string_agg('(' || each || ')', ' & ')) from unnest(alternatives) as each);
    with newest as materialized (
      select p.search_vector from app.products p
      where p.tenant_id = tenant order by p.created_at desc, p.id desc limit 300
    )
    select (select count(*) from newest n where n.search_vector @@ query),
           array(select (select count(*) from newest n where n.search_vector @@ to_tsquery('pg_catalog.simple', each))
                 from unnest(alternatives) with ordinality as given (each, place) order by place)
    into hits, hits_each;
    -- As many as that among the newest: more than 1 000 in all, if there are that many products.
    if hits >= 3 and exists (
      select from app.products p where p.tenant_id = tenant offset least(300 * most / hits, 20000))
    then
      ids := null;
    else
      -- The rarest words only: the index reads all of a prefix before it looks at the next word.
      needle := (select to_tsquery('pg_catalog.simple', string_agg('(' || each || ')', ' & '))
                 from unnest(alternatives, hits_each) as given (each, hits)
                 where given.hits < case when 0 = any (hits_each) then 1 else 15 end);
      select r.ids, r.scores into ids, scores from app.rank_products(tenant, coalesce(needle, query), query) r;
      if cardinality(ids) > most then ids := null; end if;
    end if;
    exit when attempt = 2 or ids is null or cardinality(ids) > 0;
    -- Nothing has all of it: is there a word that nothing has?
    alternatives := array(
      select coalesce(
        case when given.hits = 0
               and not exists (select from app.rank_products(tenant, to_tsquery('pg_catalog.simple', each), to_tsquery('pg_catalog.simple', each)) r
                               where cardinality(r.ids) > 0)
             then (select string_agg(alike, ' | ') from app.similar_words(tenant, word) as alike) end,
        each)
      from unnest(alternatives, hits_each, words) with ordinality as given (each, hits, word, place) order by place);
    exit when alternatives = array(select word || ':*' from unnest(words) as word);
  end loop;
  wanted := query::text;
  -- Who asks for "LAMP-7" wants that one first, and not all that begin alike.
  if has_sku is not null and (ids is not null or phrase ~ '[0-9]') then
    scores := array[11]::real[] || array(
      select score from unnest(ids, scores) with ordinality as found (id, score, place) where id <> has_sku order by place);
    ids := array[has_sku] || array_remove(ids, has_sku);
  end if;
  return next;
end $$;

revoke all on function app.search_products(text), app.rank_products(uuid, tsquery, tsquery),
  app.similar_words(uuid, text) from public;
grant execute on function app.search_products(text) to tenantry_server;
