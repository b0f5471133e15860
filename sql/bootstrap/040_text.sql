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

-- The two bits of a signature which say that a word begins with these bytes, as a number; of UTF-8, so of
-- whatever script. Our own arithmetic (multiplicative hashing), for Postgres' own hashes may change from
-- one version to the next, and rows that are stored must not.
create or replace function app.search_bit(beginning bigint, way int) returns int
language sql immutable parallel safe
as $$ select (case way when 1 then beginning * 1540483477 >> 23 else beginning * 1013904223 >> 25 end & 1023)::int $$;

-- Three or four bytes as a number.
create or replace function app.search_beginning(bytes bytea, many int) returns bigint
language sql immutable parallel safe
as $$
  select case many
    when 4 then ((get_byte(bytes, 0)::bigint * 256 + get_byte(bytes, 1)) * 256 + get_byte(bytes, 2)) * 256 + get_byte(bytes, 3)
    else (get_byte(bytes, 0)::bigint * 256 + get_byte(bytes, 1)) * 256 + get_byte(bytes, 2)
  end
$$;

-- By the first three and the first four bytes of all words of a product's search vector, which is made once
-- more for it: a generated column cannot be made of another, and its text read in one go has other words (23
-- of 89 000 in a trial: a tag that the parser drops reaches from one part into the next). One bit of three
-- letters left 7 to 50 % of the products for words that 1 to 14 % have: "soft" begins as "sofa" does, and
-- one bit in eight is that of a word which all products have.
create or replace function app.product_search_signature(name text, sku text, category text, tags text[], description text)
returns bytea language plpgsql immutable parallel safe
as $$
declare
  signature bytea := decode(repeat('00', 128), 'hex');
  word text;
  bytes bytea;
  three bigint;
  four bigint;
begin
  foreach word in array tsvector_to_array(app.product_search_vector(name, sku, category, tags, description)) loop
    bytes := convert_to(word, 'UTF8');
    if length(bytes) > 3 then
      four := app.search_beginning(bytes, 4);
      signature := set_bit(set_bit(set_bit(set_bit(signature, app.search_bit(four, 1), 1), app.search_bit(four, 2), 1),
        app.search_bit(four >> 8, 1), 1), app.search_bit(four >> 8, 2), 1);
    elsif length(bytes) = 3 then
      three := app.search_beginning(bytes, 3);
      signature := set_bit(set_bit(signature, app.search_bit(three, 1), 1), app.search_bit(three, 2), 1);
    end if;
  end loop;
  return signature;
end $$;
drop function if exists app.search_bit(text);

create or replace function app.message_search_vector(body text)
returns tsvector language plpgsql immutable parallel safe
as $$
begin
  return strip(to_tsvector('pg_catalog.simple', translate(app.fold(left(body, 20000)), '-/_.:@', '      ')));
end $$;

-- A tenant's words and what asks for them, told apart from those of all others by a part of its id that is
-- random. A GIN index reads a beginning's words of the whole table before it looks at the tenant: one who had
-- 40 products waited 9 to 25 ms for words of a neighbour with 200 000, and could tell from that which words the
-- neighbour has. Two who share these digits read each other's entries too, and are told apart by their rows.
-- A word has at most 2 046 bytes, and array_to_tsvector cuts what is longer by 2 048 without a word about it.
create or replace function app.tenant_words(tenant uuid, vector tsvector)
returns tsvector language plpgsql immutable parallel safe
as $$
declare
  own constant text := right(tenant::text, 8);
  word text;
  words text[] := '{}';
begin
  foreach word in array tsvector_to_array(vector) loop
    words := words || (own || case when octet_length(word) > 2038 then left(word, -8) else word end);
  end loop;
  return array_to_tsvector(words);
end $$;

-- Of a query whose words are letters and digits. Where these words stand it does not say: it may find more.
create or replace function app.tenant_query(tenant uuid, query tsquery)
returns tsquery language sql immutable parallel safe
as $$
  select regexp_replace(regexp_replace(query::text, '<[-0-9]+>', '&', 'g'), '''([^'']+)''', '''' || right(tenant::text, 8) || '\1''', 'g')::tsquery
$$;

-- Generated columns and indexes run these as whoever writes the row.
grant execute on function app.fold(text),
  app.product_search_text(text, text, text, text[]),
  app.product_search_vector(text, text, text, text[], text),
  app.search_bit(bigint, int),
  app.search_beginning(bytea, int),
  app.product_search_signature(text, text, text, text[], text),
  app.message_search_vector(text),
  app.tenant_words(uuid, tsvector),
  app.tenant_query(uuid, tsquery)
  to tenantry_server, tenantry_operator, tenantry_search, tenantry_message_search;
grant execute on function app.fold(text) to tenantry_provisioner;

reset role;
