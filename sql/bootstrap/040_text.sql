-- Text as people search and sort it. IMMUTABLE because generated columns demand it; that is true as
-- long as the unaccent dictionary is not edited, and the dictionary is named in full. Letters of ASCII
-- have no accents: where one byte is one letter the dictionary, most of the time that this takes, is not
-- asked. That tells nothing in an encoding whose letters are all of one byte. plpgsql, for SQL around what
-- is stable is not inlined, and was read anew by every INSERT.
do $$
declare
  home text := (select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'unaccent');
  is_ascii text := case when pg_encoding_max_length(pg_char_to_encoding(getdatabaseencoding())) > 1
                        then 'pg_catalog.octet_length(input) operator(pg_catalog.=) pg_catalog.length(input)' else 'false' end;
begin
  set local role tenantry_owner;
  execute format($f$
    create or replace function app.fold(input text) returns text
    language plpgsql immutable strict parallel safe
    as $body$
    begin
      if %2$s then return pg_catalog.lower(input); end if;
      return pg_catalog.lower(%1$s.unaccent('%1$s.unaccent'::regdictionary, input));
    end $body$
  $f$, home, is_ascii);
end $$;

set local role tenantry_owner;

-- Of a column that is gone; the first migration names it.
create or replace function app.product_search_text(name text, sku text, category text, tags text[])
returns text language sql immutable parallel safe
as $$ select app.fold(concat_ws(' ', name, sku, category, array_to_string(tags, ' '))) $$;

-- 'simple', no stemming: catalogues come in every language, and a word's beginning finds it. What stands
-- between words becomes a blank, as in what is searched for: Postgres' parser would take "SKU-7" for
-- "sku" and minus seven, and "red/blue" for a file. plpgsql, for SQL is not inlined here (concat_ws is
-- stable) and then parsed anew for every statement: a sixth of an INSERT.
create or replace function app.product_search_vector(name text, sku text, category text, tags text[], description text)
returns tsvector language plpgsql immutable parallel safe
as $$
declare
  vector tsvector := setweight(to_tsvector('pg_catalog.simple', translate(app.fold(concat_ws(' ', name, sku)), '-/_.:@', '      ')), 'A');
begin
  -- What is empty has no words, and parsing it took as long as a short name.
  if category <> '' or cardinality(tags) > 0 then
    vector := vector
      || setweight(to_tsvector('pg_catalog.simple', translate(app.fold(concat_ws(' ', category, array_to_string(tags, ' '))), '-/_.:@', '      ')), 'B');
  end if;
  if description <> '' then
    vector := vector
      || setweight(to_tsvector('pg_catalog.simple', translate(app.fold(left(description, 20000)), '-/_.:@', '      ')), 'D');
  end if;
  return vector;
end $$;

-- Of a word that begins with three letters of one byte each: which bit of a signature says that there is
-- one. Made of the letters' numbers, for Postgres' own hashes may change from one version to the next,
-- and rows that are stored must not. ascii() knows other letters in UTF-8 only.
create or replace function app.search_bit(word text) returns int
language sql immutable parallel safe
as $$
  select case when length(left(word, 3)) = 3 and octet_length(left(word, 3)) = 3
    then (ascii(word) * 113 + ascii(substr(word, 2)) * 37 + ascii(substr(word, 3))) & 255 end
$$;

-- The bits of all words of a product's search vector, which is made once more for it: a generated column
-- cannot be made of another, and its text read in one go has other words (23 of 89 000 in a trial: a tag
-- that the parser drops reaches from one part into the next). A word without a bit sets the first: to have
-- more is no harm.
create or replace function app.product_search_signature(name text, sku text, category text, tags text[], description text)
returns bytea language plpgsql immutable parallel safe
as $$
declare
  signature bytea := '\x0000000000000000000000000000000000000000000000000000000000000000';
  word text;
begin
  foreach word in array tsvector_to_array(app.product_search_vector(name, sku, category, tags, description)) loop
    signature := set_bit(signature, coalesce(app.search_bit(word), 0), 1);
  end loop;
  return signature;
end $$;

create or replace function app.message_search_vector(body text)
returns tsvector language plpgsql immutable parallel safe
as $$
begin
  return strip(to_tsvector('pg_catalog.simple', translate(app.fold(left(body, 20000)), '-/_.:@', '      ')));
end $$;

-- Generated columns and indexes run these as whoever writes the row.
grant execute on function app.fold(text),
  app.product_search_text(text, text, text, text[]),
  app.product_search_vector(text, text, text, text[], text),
  app.search_bit(text),
  app.product_search_signature(text, text, text, text[], text),
  app.message_search_vector(text)
  to tenantry_server, tenantry_operator, tenantry_search, tenantry_message_search;
grant execute on function app.fold(text) to tenantry_provisioner;

reset role;
