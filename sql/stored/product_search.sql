-- What rows hold that functions made, brought up to date where another version of these functions made
-- it: the vectors of products, and the words that typos are looked up among. The digest of the functions
-- is kept as a comment, so that this costs nothing where nothing changed. 200 000 products take some
-- 50 s, in which nobody else reads them: a row at a time under each business's own policy would
-- take as long and leave searches wrong meanwhile.
do $$
declare
  vectors constant text := 'vectors made by ' || md5(concat(
    pg_get_functiondef('app.fold(text)'::regprocedure),
    pg_get_functiondef('app.product_search_vector(text, text, text, text[], text)'::regprocedure),
    pg_get_functiondef('app.search_bit(bigint, int)'::regprocedure),
    pg_get_functiondef('app.search_beginning(bytea, int)'::regprocedure),
    pg_get_functiondef('app.product_search_signature(text, text, text, text[], text)'::regprocedure)));
  words constant text := 'words made by ' || md5(concat(
    pg_get_functiondef('app.fold(text)'::regprocedure),
    pg_get_functiondef('app.learn_product_words(uuid, uuid, text, text, text[])'::regprocedure)));
  vector_column constant smallint := (
    select attnum from pg_attribute where attrelid = 'app.products'::regclass and attname = 'search_vector');
  is_new constant boolean := col_description('app.products'::regclass, vector_column) is not distinct from vectors;
  is_known constant boolean := obj_description('app.product_words'::regclass, 'pg_class') is not distinct from words;
begin
  if is_new and is_known then return; end if;
  -- Its owner alone sees all rows until this transaction ends; everybody else's policies stay.
  alter table app.products no force row level security;
  alter table app.product_words no force row level security;
  if not is_new then
    -- Only a column that the vector is made of makes it anew.
    update app.products set name = name
    where search_vector is distinct from app.product_search_vector(name, sku, category, tags, description)
      or search_signature is distinct from app.product_search_signature(name, sku, category, tags, description);
    execute format('comment on column app.products.search_vector is %L', vectors);
  end if;
  if not is_known then
    perform app.learn_product_words(tenant_id, id, name, category, tags) from app.products;
    execute format('comment on table app.product_words is %L', words);
  end if;
  alter table app.products force row level security;
  alter table app.product_words force row level security;
end $$;

-- Of an earlier version, whose searches call it until this transaction ends.
drop function if exists app.search_bit(text);
