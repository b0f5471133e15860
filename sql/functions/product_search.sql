-- Full-text @@ is not leakproof, so under row-level security the planner may not use its index: a
-- search would read every row of the tenant. This function runs as tenantry_search, whose policies on
-- products and their words are "all rows" and which can read nothing else; the body itself keeps to
-- the tenant that is set. It returns ids, never columns: what comes out is read again under RLS.
--
-- There are two ways, and which is quick depends on how many products match (200 000 products, milliseconds in
-- Postgres):
--   * the GIN index of words, and a rank for each: right for up to 1 000. Of a word that 30 % have it takes 11 to
--     read the index, for a prefix 17 to 32, and 200 to rank;
--   * walking to the newest that match, in the catalogue's own order: 70 rows for 20 of a word that 30 % have, and
--     an index of it says of each which words it can't have. Of a rare word it would go on to the end (20).
-- So a random sample tells first how common the words are (0.2). It knows of the newest no more than of the others:
-- after an import these are of one kind.
-- Planning was a third of a search, so every plan is made once for all words (`force_generic_plan`), with what
-- must not be chosen for a table that is small now switched off.
drop function if exists app.search_products(text), app.search_products(text, int),
  app.rank_products(uuid, tsquery, tsquery), app.rank_products(uuid, tsquery, tsquery, boolean),
  app.common_bit(tsquery), app.common_bits(tsquery), app.look_at_newest(uuid, tsquery, tsquery[], bigint),
  app.look_at_newest(uuid, tsquery, tsquery[], int[]), app.walk_products(uuid, tsquery, int[], uuid, int, int, int),
  app.walk_products(uuid, tsquery, int[], int), app.sample_products(uuid, tsquery, int[]),
  app.sample_products(uuid, tsquery, int[], int), app.similar_words(uuid, text);

-- Up to 1 001 products that match, with a rank, the best first. `needle` is what the index is asked for:
-- `wanted` or a part of it; ts_match_vq is @@ where the planner does not take it for the index, which spends 20 ms on
-- a common prefix. No other plan serves: generic plans cannot know how rare a word is. The tenant is
-- compared in a way that no index serves, for the index of words has it in each of its words.
create function app.rank_products(tenant uuid, needle tsquery, wanted tsquery, out ids uuid[], out scores real[])
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
declare
  own_words constant tsquery := app.tenant_query(tenant, needle);
  -- What the index was not asked for: other words, or where they stand.
  beyond constant tsquery := case when wanted <> needle or strpos(wanted::text, '<') > 0 then wanted end;
begin
  select coalesce(array_agg(id order by score desc, id desc), '{}'),
    coalesce(array_agg(score order by score desc, id desc), '{}') into ids, scores
  from (select p.id, (1 + ts_rank(p.search_vector, wanted))::real as score
        from app.products p
        where p.tenant_id is not distinct from tenant and app.tenant_words(p.tenant_id, p.search_vector) @@ own_words
          and (beyond is null or ts_match_vq(p.search_vector, beyond))
        limit 1001) as ranked;
end $$;

-- The two bits that whatever matches a query has in its signature; null: its words begin differently.
create function app.common_bits(query tsquery) returns int[]
language plpgsql immutable
set search_path = app, pg_temp
as $$
declare
  word text;
  bytes bytea;
  common bytea;
  beginning bigint;
begin
  foreach word in array regexp_split_to_array(query::text, '[^[:alnum:]]+') loop
    continue when word = '';
    bytes := convert_to(word, 'UTF8');
    common := substr(coalesce(common, bytes), 1, 4);
    while common <> substr(bytes, 1, length(common)) loop
      common := substr(common, 1, length(common) - 1);
    end loop;
  end loop;
  if length(common) < 3 then return null; end if;
  beginning := app.search_beginning(common, length(common));
  return array[app.search_bit(beginning, 1), app.search_bit(beginning, 2)];
end $$;

-- How many products a tenant has, and how many of them match, told by a sample of up to `size`: they stand in an
-- index of their own, one in eight, in the order of the random ends of their ids, so that its first thousand (0.16)
-- are of all ages, and how far these ends reach says of how many. Where there are `bits` (see app.common_bits) its
-- entries say which `possible` ones have them, and of these 16 are looked up; else 60 of all. Of one or two that
-- match by chance, where many words begin alike ("bulb0001" to "bulb0200"), it would make hundreds: so of more then.
create function app.sample_products(tenant uuid, wanted tsquery, bits int[], size int,
  out catalogue int, out possible int, out matching int)
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
as $$
declare
  bit_1 constant bigint := bits[1];
  bit_2 constant bigint := bits[2];
  bit_3 constant bigint := coalesce(bits[3], bit_1);
  bit_4 constant bigint := coalesce(bits[4], bit_1);
  bit_5 constant bigint := coalesce(bits[5], bit_1);
  bit_6 constant bigint := coalesce(bits[6], bit_1);
  looked_up int := case when bit_1 is null then 60 else 16 end;
  hits int;
  taken int;
  last int;
  candidates uuid[];
begin
  select count(*), max(each.place), coalesce(array_agg(each.id) filter (where bit_1 is null
    or get_bit(each.search_signature, bit_1) = 1 and get_bit(each.search_signature, bit_2) = 1
      and get_bit(each.search_signature, bit_3) = 1 and get_bit(each.search_signature, bit_4) = 1
      and get_bit(each.search_signature, bit_5) = 1 and get_bit(each.search_signature, bit_6) = 1), '{}')
  into taken, last, candidates
  from (select p.id, p.search_signature, get_byte(uuid_send(p.id), 14) * 256 + get_byte(uuid_send(p.id), 15) as place from app.products p
        where p.tenant_id = tenant and get_byte(uuid_send(p.id), 14) * 256 + get_byte(uuid_send(p.id), 15) < 8192
        order by place limit size) as each;
  catalogue := case when taken < size then 8 * taken else 65536::bigint * size / (last + 1) end;
  possible := catalogue * cardinality(candidates)::float8 / greatest(taken, 1);
  loop
    hits := (
      select count(*)
      from unnest(candidates[1:looked_up]) as given (id)
        cross join lateral (
          select from app.products p where p.tenant_id = tenant and p.id = given.id and ts_match_vq(p.search_vector, wanted) offset 0) as found);
    exit when hits not in (1, 2) or looked_up >= least(cardinality(candidates), 256);
    looked_up := 256;
  end loop;
  matching := possible::float8 / greatest(least(cardinality(candidates), looked_up), 1) * hits;
end $$;

-- The newest products that match, in their order, `most` of them. Of what lacks one of two to six `bits` (see
-- app.common_bits) the index of the order has said so, and its row is not read: 0.1 us instead of 0.5. What has
-- them is looked up by its id, for 2 to 4, so where few lack one (`bits` null) rows are read. As a value each is
-- looked up by itself: where most tenants have one or two products the planner would join by reading all of the
-- tenant's for each (3 s among 25 000).
create function app.walk_products(tenant uuid, wanted tsquery, bits int[], most int)
returns uuid[]
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
as $$
declare
  bit_1 constant bigint := bits[1];
  bit_2 constant bigint := bits[2];
  bit_3 constant bigint := coalesce(bits[3], bit_1);
  bit_4 constant bigint := coalesce(bits[4], bit_1);
  bit_5 constant bigint := coalesce(bits[5], bit_1);
  bit_6 constant bigint := coalesce(bits[6], bit_1);
begin
  if bits is null then
    return array(
      select p.id from app.products p where p.tenant_id = tenant and ts_match_vq(p.search_vector, wanted)
      order by p.created_at desc, p.id desc limit most);
  end if;
  return array(
    select next.id from app.products next
    where next.tenant_id = tenant
      and get_bit(next.search_signature, bit_1) = 1 and get_bit(next.search_signature, bit_2) = 1
      and get_bit(next.search_signature, bit_3) = 1 and get_bit(next.search_signature, bit_4) = 1
      and get_bit(next.search_signature, bit_5) = 1 and get_bit(next.search_signature, bit_6) = 1
      and (select ts_match_vq(p.search_vector, wanted) from app.products p where p.tenant_id = tenant and p.id = next.id)
    order by next.created_at desc, next.id desc limit most);
end $$;

-- What a mistyped word may have meant, out of the words that the business's products are named by: it
-- begins alike or contains the word, or is one or two letters away (two that changed places count as
-- one); of these the nearest, for who writes "marralla" means "maralla" and not "marella". The first letter
-- is taken to be right, or to have changed places with the second. fuzzystrmatch is where the database's
-- administrator put it, in "extensions" or elsewhere; its function is named with that schema, for a search
-- path that leads there would let its other contents stand in.
do $do$
declare
  home text := (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'fuzzystrmatch');
begin
execute replace($create$
create function app.similar_words(tenant uuid, typed text)
returns setof text
language sql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off
as $$
  select word
  from (
    select word, far, min(far) over () as nearest
    from (
      select word, case
          when strpos(word, typed) > 0 then 0
          when distance = 2 and length(word) = length(typed)
            and (select array_agg(c order by c) from unnest(string_to_array(word, null)) as c)
              = (select array_agg(c order by c) from unnest(string_to_array(typed, null)) as c) then 1
          else distance
        end as far
      from (
        select distinct k.word, {home}.levenshtein_less_equal(k.word, typed, 2) as distance
        from app.product_words k
        where k.tenant_id = tenant
          and (k.word like left(typed, 1) || '%' or k.word like substr(typed, 2, 1) || '%'
               or (length(typed) >= 4 and k.word like '%' || typed || '%'))
          and (abs(length(k.word) - length(typed)) <= 2 or strpos(k.word, typed) > 0)
      ) as candidate
    ) as measured
  ) as near
  where length(typed) between 3 and 40
    and far = nearest and far <= case when length(typed) <= 4 then 1 else 2 end
  order by abs(length(word) - length(typed)), word
  limit 5
$$
$create$, '{home}', home);
end $do$;

-- One row: either `ids` and their `scores`, complete, the best first, or null and `wanted`, the query to
-- compare with. `page_ids` are the first `page` products of either, the newest of what is not ranked (their
-- scores are null).
create function app.search_products(phrase text, page int default 0)
returns table (wanted text, ids uuid[], scores real[], page_ids uuid[], page_scores real[])
language plpgsql stable security definer rows 1
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_sort = off
as $$
declare
  tenant constant uuid := app.current_tenant();
  most constant int := 1000;
  -- Only letters and digits survive, so the text can't be tsquery syntax. Without what the text parser knows no
  -- word in: of a query that is empty nothing matches.
  words constant text[] := array(
    select word from regexp_split_to_table(app.fold(phrase), '[^[:alnum:]]+') as word
    where word <> '' and numnode(to_tsquery('pg_catalog.simple', word || ':*')) > 0 limit 16);
  -- Every word must occur; each may be the beginning of one ("jack" finds "jacket").
  alternatives text[] := array(select word || ':*' from unnest(words) as word);
  queries tsquery[];
  query tsquery;
  bits int[];
  sample record;
  -- As the sample has it, how many have each word.
  common int[];
  rarest int;
  needle tsquery;
  has_sku uuid;
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::real[], '{}'::uuid[], '{}'::real[];
    return;
  end if;
  for attempt in 1..2 loop
    queries := array(select to_tsquery('pg_catalog.simple', each) from unnest(alternatives) as each);
    query := to_tsquery('pg_catalog.simple', '(' || array_to_string(alternatives, ') & (') || ')');
    -- Of up to three words that have some: more tell hardly more.
    bits := null;
    foreach needle in array queries loop
      bits := (bits || app.common_bits(needle))[1:6];
    end loop;
    sample := app.sample_products(tenant, query, bits, 1000);
    -- Of 200 000 that is three to ten products, which may be of 400 or of 3 000; to rank a word's takes 4.
    if cardinality(queries) = 1 and sample.matching between most / 2 and 2 * most then
      sample := app.sample_products(tenant, query, bits, 5000);
    end if;
    ids := null;
    exit when sample.matching >= most;
    common := array[sample.matching];
    if cardinality(queries) > 1 then
      common := array(
        select (app.sample_products(tenant, each, app.common_bits(each), 1000)).matching
        from unnest(queries) with ordinality as given (each, place) order by place);
    end if;
    rarest := (select min(n) from unnest(common) as n);
    -- The index would read all of these; in the order a page comes sooner.
    exit when rarest >= 5 * most and sample.matching >= 500;
    -- The rarest words: the index reads all of a prefix before it looks at the next. But a row is read for each
    -- product that it finds, as dear as ten to fifty entries.
    needle := (
      select to_tsquery('pg_catalog.simple', '(' || string_agg(each, ') & (') || ')')
      from unnest(alternatives, common) as given (each, common) where given.common <= 8 * rarest);
    select r.ids, r.scores into ids, scores from app.rank_products(tenant, needle, query) r;
    if cardinality(ids) > most then ids := null; end if;
    exit when attempt = 2 or ids is null or cardinality(ids) > 0;
    -- Nothing has all of it: is there a word that nothing has?
    alternatives := array(
      select coalesce(
        case when given.common = 0 and (cardinality(words) = 1 or not exists (
               select from app.rank_products(tenant, given.query, given.query) r where cardinality(r.ids) > 0))
             then (select string_agg(alike, ' | ') from app.similar_words(tenant, word) as alike) end,
        each)
      from unnest(alternatives, queries, words, common) with ordinality as given (each, query, word, common, place) order by place);
    exit when alternatives = array(select word || ':*' from unnest(words) as word);
  end loop;
  wanted := query::text;
  -- Who asks for "LAMP-7" wants that one first, and not all that begin alike.
  if ids is not null or phrase ~ '[0-9]' then
    has_sku := (select p.id from app.products p
      where p.tenant_id = tenant and p.sku = any (array[trim(phrase), upper(trim(phrase)), lower(trim(phrase))]) limit 1);
  end if;
  if has_sku is not null then
    scores := array[11]::real[] || array(
      select score from unnest(ids, scores) with ordinality as found (id, score, place) where id <> has_sku order by place);
    ids := array[has_sku] || array_remove(ids, has_sku);
  end if;
  if page > 0 and ids is not null then
    page_ids := ids[1:page];
    page_scores := scores[1:page];
  elsif page > 0 then
    -- Where many have the bits and few of these match, to look up each takes longer than to read all.
    page_ids := app.walk_products(tenant, query,
      case when sample.possible <= greatest(0.25 * sample.catalogue, 2 * sample.matching) then bits end, page);
  end if;
  return next;
end $$;

revoke all on function app.search_products(text, int), app.rank_products(uuid, tsquery, tsquery),
  app.common_bits(tsquery), app.walk_products(uuid, tsquery, int[], int), app.sample_products(uuid, tsquery, int[], int),
  app.similar_words(uuid, text) from public;
grant execute on function app.search_products(text, int) to tenantry_server;
