-- Full-text @@ is not leakproof, so under row-level security the planner may not use its index: a
-- search would read every row of the tenant. This function runs as tenantry_search, whose policies on
-- products and their words are "all rows" and which can read nothing else; the body itself keeps to
-- the tenant that is set. It returns ids, never columns: what comes out is read again under RLS.
--
-- What it costs does not grow with the catalogue (200 000 products, milliseconds in Postgres):
--   * ranking every match of a word that 30 % have takes 200. Beyond 1 000 matches there are no ids but
--     the query, for whoever reads an order's index and leaves out what does not match: 70 rows for 20;
--   * finding out by the GIN index that a word is that common takes 11, for a prefix 17 to 32. So the
--     300 newest products are looked at first (0.15), 1 000 where that does not tell (0.4), and the index
--     is asked for rare words only;
--   * two words that many have are in few products together, and the index reads all of both (20). The
--     order is walked, some 5 000 rows (3): an index of it says of each which words it can't have (0.6);
--   * the newest may be of one kind, as after an import. So a sample of the whole catalogue, in an index of its own
--     (0.06), is asked before what they say is believed of all (a page of a word that only they have was walked for to
--     the end, 30), and before the index is asked for what they lack (30 to 60 for words that the others have);
--   * planning was a third of a search, so every plan is made once for all words (`force_generic_plan`),
--     with what must not be chosen for a table that is small now switched off.
drop function if exists app.search_products(text), app.search_products(text, int),
  app.rank_products(uuid, tsquery, tsquery), app.rank_products(uuid, tsquery, tsquery, boolean),
  app.common_bit(tsquery), app.common_bits(tsquery), app.look_at_newest(uuid, tsquery, tsquery[], bigint),
  app.look_at_newest(uuid, tsquery, tsquery[], int[]), app.walk_products(uuid, tsquery, int[], uuid, int, int, int),
  app.sample_products(uuid, tsquery, int[]), app.similar_words(uuid, text);

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

-- What the newest 300 products say of how common words are: how many there are, which match, how many match
-- each of `queries` (null: it is one), and how many have all `bits` in their signatures (see app.common_bits).
-- Of one word with bits the order's index tells first which may have it: beyond 40, to look these up by
-- their ids takes as long as to read all. Without `enable_sort = off` the planner, who sees the average tenant,
-- may read all by a smaller index and sort them where that has some 70 products: 0.2 to 0.7 s for one who has
-- 160 000, at Postgres' own random_page_cost; the 1.1 of the server's role hides that and is no promise.
create function app.look_at_newest(tenant uuid, wanted tsquery, queries tsquery[], bits int[],
  out looked_at int, out matching uuid[], out matching_each int[], out possible int)
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
  first constant tsquery := queries[1];
  second constant tsquery := queries[2];
  third constant tsquery := queries[3];
  candidates uuid[];
begin
  if cardinality(queries) = 1 and bit_1 is not null then
    select count(*), coalesce(array_agg(newest.id) filter (where get_bit(newest.search_signature, bit_1) = 1
      and get_bit(newest.search_signature, bit_2) = 1), '{}')
    into looked_at, candidates
    from (select p.id, p.search_signature from app.products p
          where p.tenant_id = tenant order by p.created_at desc, p.id desc limit 300) as newest;
    possible := cardinality(candidates);
  end if;
  if possible = 0 then
    return;
  elsif possible <= 40 then
    matching := array(
      select given.id from unnest(candidates) with ordinality as given (id, rank)
        cross join lateral (
          select from app.products p where p.tenant_id = tenant and p.id = given.id and ts_match_vq(p.search_vector, wanted) offset 0) as found
      order by given.rank);
  elsif cardinality(queries) in (2, 3) then
    -- Each is counted on the way: to look for it once more takes 0.3. As an element of `queries` it is read for each row.
    select count(*), array_agg(newest.id) filter (where has_first and has_second and has_third is not false),
      (array[count(*) filter (where has_first), count(*) filter (where has_second), count(*) filter (where has_third)])[1:cardinality(queries)],
      count(*) filter (where get_bit(newest.search_signature, bit_1) = 1 and get_bit(newest.search_signature, bit_2) = 1
        and get_bit(newest.search_signature, bit_3) = 1 and get_bit(newest.search_signature, bit_4) = 1
        and get_bit(newest.search_signature, bit_5) = 1 and get_bit(newest.search_signature, bit_6) = 1)
    into looked_at, matching, matching_each, possible
    from (select p.id, p.search_signature, p.search_vector @@ first as has_first,
            p.search_vector @@ second as has_second, p.search_vector @@ third as has_third
          from app.products p
          where p.tenant_id = tenant order by p.created_at desc, p.id desc limit 300) as newest;
  else
    select count(*), array_agg(newest.id) filter (where newest.search_vector @@ wanted) into looked_at, matching
    from (select p.id, p.search_vector from app.products p
          where p.tenant_id = tenant order by p.created_at desc, p.id desc limit 300) as newest;
  end if;
end $$;

-- The newest products that match, in their order: up to `most` (null: all) among the `among` (null: all) that
-- follow `last` (null: from the newest on), without the first `skipped` of these. Of what lacks one of two
-- to six `bits` (see app.common_bits) the index of the order has said so, and its row is not read: 0.1 us instead
-- of 0.5. What has them is looked up by its id, for 2 to 4, so where few lack one (`bits` null) rows are read.
-- As a value each is looked up by itself: where most tenants have one or two products the planner would join
-- by reading all of the tenant's for each (3 s among 25 000).
create function app.walk_products(tenant uuid, wanted tsquery, bits int[], last uuid, skipped int, among int, most int)
returns uuid[]
language plpgsql stable
set search_path = app, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
as $$
declare
  since constant timestamptz := coalesce((select p.created_at from app.products p where p.tenant_id = tenant and p.id = last), 'infinity');
  since_id constant uuid := coalesce(last, tenant);
  bit_1 constant bigint := bits[1];
  bit_2 constant bigint := bits[2];
  bit_3 constant bigint := coalesce(bits[3], bit_1);
  bit_4 constant bigint := coalesce(bits[4], bit_1);
  bit_5 constant bigint := coalesce(bits[5], bit_1);
  bit_6 constant bigint := coalesce(bits[6], bit_1);
begin
  if bits is null then
    return array(
      select next.id
      from (select p.id, p.search_vector from app.products p
            where p.tenant_id = tenant and (p.created_at, p.id) < (since, since_id)
            order by p.created_at desc, p.id desc offset skipped limit among) as next
      where ts_match_vq(next.search_vector, wanted) limit most);
  elsif among is null and skipped = 0 then
    -- In one node of the plan: a quarter less than through the sub-select.
    return array(
      select next.id from app.products next
      where next.tenant_id = tenant and (next.created_at, next.id) < (since, since_id)
        and get_bit(next.search_signature, bit_1) = 1 and get_bit(next.search_signature, bit_2) = 1
        and get_bit(next.search_signature, bit_3) = 1 and get_bit(next.search_signature, bit_4) = 1
        and get_bit(next.search_signature, bit_5) = 1 and get_bit(next.search_signature, bit_6) = 1
        and (select ts_match_vq(p.search_vector, wanted) from app.products p where p.tenant_id = tenant and p.id = next.id)
      order by next.created_at desc, next.id desc limit most);
  end if;
  return array(
    select next.id
    from (select p.id, p.search_signature from app.products p
          where p.tenant_id = tenant and (p.created_at, p.id) < (since, since_id)
          order by p.created_at desc, p.id desc offset skipped limit among) as next
    where get_bit(next.search_signature, bit_1) = 1 and get_bit(next.search_signature, bit_2) = 1
      and get_bit(next.search_signature, bit_3) = 1 and get_bit(next.search_signature, bit_4) = 1
      and get_bit(next.search_signature, bit_5) = 1 and get_bit(next.search_signature, bit_6) = 1
      and (select ts_match_vq(p.search_vector, wanted) from app.products p where p.tenant_id = tenant and p.id = next.id)
    limit most);
end $$;

-- How many products a tenant has and how many of them fit, as one in 1 024 tells it: chosen by the random end of the
-- id and kept in an index of their own, whose entries say which may match; of these up to 8 are looked up. More than
-- 400 are not read, the newest. The second is null where there are no bits to tell by. The planner knows as much from
-- ANALYZE of the words that are most common among all tenants, and takes 0.13 to say it.
create function app.sample_products(tenant uuid, wanted tsquery, bits int[]) returns int[]
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
  catalogue int;
  candidates uuid[];
begin
  select 1024 * count(*), coalesce(array_agg(taken.id) filter (
    where get_bit(taken.search_signature, bit_1) = 1 and get_bit(taken.search_signature, bit_2) = 1
      and get_bit(taken.search_signature, bit_3) = 1 and get_bit(taken.search_signature, bit_4) = 1
      and get_bit(taken.search_signature, bit_5) = 1 and get_bit(taken.search_signature, bit_6) = 1), '{}')
  into catalogue, candidates
  from (select p.id, p.search_signature from app.products p
        where p.tenant_id = tenant and get_byte(uuid_send(p.id), 15) = 0 and get_byte(uuid_send(p.id), 14) < 64
        order by p.id desc limit 400) as taken;
  return array[catalogue, case when bit_1 is null then null when candidates = '{}' then 0 else (
    select 1024 * cardinality(candidates) * count(*) / least(cardinality(candidates), 8)
    from unnest(candidates[1:8]) as given (id)
      cross join lateral (
        select from app.products p where p.tenant_id = tenant and p.id = given.id and ts_match_vq(p.search_vector, wanted) offset 0) as found) end];
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
-- scores are null): to find out that they are too many meant walking to most of them.
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
  has_sku uuid;
  sample int[];
  queries tsquery[];
  query tsquery;
  looked int;
  hits int;
  enough int;
  hits_each int[];
  rarest int;
  bits int[];
  possible int;
  all_bits int[];
  fitting int;
  -- As the sample has it: how many have each word that the index would be asked for, null: not so many; and all of these.
  many constant int := 5 * 1024;
  common_each int[];
  entries int;
  -- By how much more common words may be that the index is asked for with the rarest.
  as_rare int;
  all_common boolean;
  rarest_query tsquery;
  further uuid[];
begin
  if tenant is null or cardinality(words) = 0 then
    return query select null::text, '{}'::uuid[], '{}'::real[], '{}'::uuid[], '{}'::real[];
    return;
  end if;
  for attempt in 1..2 loop
    sample := null;
    queries := array(select to_tsquery('pg_catalog.simple', each) from unnest(alternatives) as each);
    -- Of up to three words that have some: more tell hardly more.
    bits := null;
    foreach query in array queries loop
      bits := (bits || app.common_bits(query))[1:6];
    end loop;
    query := to_tsquery('pg_catalog.simple', '(' || array_to_string(alternatives, ') & (') || ')');
    select looked_at, matching, matching_each, newest.possible into looked, page_ids, hits_each, possible
    from app.look_at_newest(tenant, query, queries, bits) as newest;
    hits := coalesce(cardinality(page_ids), 0);
    hits_each := coalesce(hits_each, array[hits]);
    if hits < 15 and cardinality(queries) > 3 then
      with newest as materialized (
        select p.search_vector from app.products p
        where p.tenant_id = tenant order by p.created_at desc, p.id desc limit 300
      )
      select array(select (select count(*) from newest n where n.search_vector @@ each)
                   from unnest(queries) with ordinality as given (each, place) order by place)
      into hits_each;
    end if;
    rarest := (select min(n) from unnest(hits_each) as n);
    rarest_query := queries[array_position(hits_each, rarest)];
    all_bits := bits;
    -- Too many to look each up.
    if possible > 75 then bits := null; end if;
    -- Of words that 1 % have the index would read thousands of each (20), while a page's order comes
    -- to 20 products out of 0.2 % in 6 at most.
    if looked = 300 and hits < 15 and cardinality(queries) > 1 and rarest >= 3 then
      sample := app.sample_products(tenant, query, all_bits);
    end if;
    if looked = 300 and hits < 15 and cardinality(queries) > 1 and rarest >= 3 and sample[1] >= 150000 then
      looked := 3000;
      -- No further than to the last that tells: the page goes on behind it.
      page_ids := page_ids || app.walk_products(tenant, query, bits, null, 300, 2700, greatest(6 - hits, 0));
    elsif looked = 300 and hits < 15 and rarest > 0 then
      looked := 1000;
      page_ids := page_ids || app.walk_products(tenant, query, bits, null, 300, 700, null);
    end if;
    hits := coalesce(cardinality(page_ids), 0);
    ids := null;
    further := null;
    as_rare := 3;
    all_common := false;
    common_each := array_fill(null::int, array[cardinality(queries)]);
    if looked in (300, 1000) and hits >= 3 and sample is null then
      sample := app.sample_products(tenant, query, all_bits);
    end if;
    -- As many as that among the newest: more than 1 000 in all, if there are that many products.
    enough := looked * most / greatest(hits, 1);
    -- Up to 20 000 are counted, for a sample of 20 may be of 10 000 or of 30 000; 40 are of more.
    if looked = 3000 and hits >= 6 or looked in (300, 1000) and hits >= 3 and (case
      when enough <= 20000 and sample[1] < 40960
        then exists (select from app.products p where p.tenant_id = tenant offset enough)
      else sample[1] >= enough
    end) then
      exit when sample[1] < 20000 or sample[2] > 0;
      if cardinality(queries) > 1 then
        exit when hits >= 21;
        exit when (app.sample_products(tenant, rarest_query, app.common_bits(rarest_query)))[2] > 0;
      end if;
      -- The newest may be all that have a word which none of the sample has, and then a page would be walked for to
      -- the end: this looks for what a page takes, and no further than the index is quick.
      further := app.walk_products(tenant, query, bits, page_ids[hits], 0,
        case when bits is null then 3000 when looked = 3000 then 20000 else 6000 end, greatest(21 - hits, 10));
      page_ids := page_ids || further;
      exit when cardinality(further) >= 10 and cardinality(page_ids) >= 21;
      hits := cardinality(page_ids);
    end if;
    if looked >= 300 and rarest < 3 and (cardinality(queries) <= 3
      or (select count(*) <= 3 from unnest(hits_each) as n where n <= as_rare * rarest))
    then
      entries := 0;
      all_common := true;
      for place in 1..cardinality(queries) loop
        continue when hits_each[place] > as_rare * rarest;
        fitting := (app.sample_products(
          tenant, queries[place], case when cardinality(queries) = 1 then all_bits else app.common_bits(queries[place]) end))[2];
        if fitting >= many then
          common_each[place] := fitting;
          entries := entries + fitting;
        else
          all_common := false;
        end if;
      end loop;
      -- Common, but not among the newest: the index would read all of it, only to find that it is too much. As many
      -- products as entries take half of its time; where rows are read, a twentieth as many.
      if all_common and (cardinality(queries) = 1 or (app.sample_products(tenant, query, all_bits))[2] >= many) then
        further := app.walk_products(
          tenant, query, bits, page_ids[hits], 0, case when bits is null then entries / 20 else entries end, 21);
        page_ids := page_ids || further;
        exit when cardinality(further) = 21;
        hits := cardinality(page_ids);
      end if;
      if all_common and cardinality(queries) > 1 then
        -- Few have all of them, or only the oldest: a word that the newest have may be the rarest of all.
        hits_each := array(
          select coalesce(given.common, (app.sample_products(tenant, given.each, app.common_bits(given.each)))[2], entries)
          from unnest(queries, common_each) with ordinality as given (each, common, place) order by place);
        rarest := (select min(n) from unnest(hits_each) as n);
        rarest_query := queries[array_position(hits_each, rarest)];
      end if;
    end if;
    -- The rarest words only: the index reads all of a prefix before it looks at the next word. But a row is read for
    -- each that it finds, as dear as ten to fifty entries, so of words that thousands have it is asked for more.
    if cardinality(queries) > 1 and rarest > 0
      and (app.sample_products(tenant, rarest_query, app.common_bits(rarest_query)))[2] > 0
    then
      as_rare := 8;
    end if;
    select r.ids, r.scores into ids, scores
    from app.rank_products(
      tenant,
      (select to_tsquery('pg_catalog.simple', '(' || string_agg(each, ') & (') || ')')
       from unnest(alternatives, hits_each, common_each) as given (each, hits, common)
       where (given.hits <= as_rare * rarest or given.hits is null) and (given.common is null or all_common)),
      query) r;
    if cardinality(ids) > most then ids := null; end if;
    exit when attempt = 2 or ids is null or cardinality(ids) > 0;
    -- Nothing has all of it: is there a word that nothing has?
    alternatives := array(
      select coalesce(
        case when given.hits = 0 and given.common is null
               and (cardinality(words) = 1 or not exists (
                 select from app.rank_products(tenant, given.query, given.query) r where cardinality(r.ids) > 0))
             then (select string_agg(alike, ' | ') from app.similar_words(tenant, word) as alike) end,
        each)
      from unnest(alternatives, queries, hits_each, words, common_each) with ordinality as given (each, query, hits, word, common, place) order by place);
    exit when alternatives = array(select word || ':*' from unnest(words) as word);
  end loop;
  hits := coalesce(cardinality(page_ids), 0);
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
  if page = 0 then
    page_ids := null;
  elsif ids is not null then
    page_ids := ids[1:page];
    page_scores := scores[1:page];
  elsif hits < page then
    page_ids := page_ids || app.walk_products(tenant, query, bits, page_ids[hits], 0, null, page - hits);
  else
    page_ids := page_ids[1:page];
  end if;
  return next;
end $$;

revoke all on function app.search_products(text, int), app.rank_products(uuid, tsquery, tsquery),
  app.common_bits(tsquery), app.look_at_newest(uuid, tsquery, tsquery[], int[]),
  app.walk_products(uuid, tsquery, int[], uuid, int, int, int), app.sample_products(uuid, tsquery, int[]),
  app.similar_words(uuid, text) from public;
grant execute on function app.search_products(text, int) to tenantry_server;
