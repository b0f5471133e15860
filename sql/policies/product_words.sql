-- Words are added, never changed: one that no product has any more only makes a guess worse.
alter table app.product_words enable row level security;
alter table app.product_words force row level security;

drop policy if exists tenant on app.product_words;
create policy tenant on app.product_words to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.product_words from public, tenantry_server;
grant select, insert on app.product_words to tenantry_server;

-- See functions/product_search.sql.
drop policy if exists search on app.product_words;
create policy search on app.product_words for select to tenantry_search using (true);
grant select (tenant_id, word) on app.product_words to tenantry_search;

-- For a statement that writes a product, in what it returns: a statement of its own would cost a
-- create as much again in the protocol as it costs in Postgres.
create or replace function app.learn_product_words(tenant uuid, product uuid, name text, category text, tags text[])
returns void language plpgsql volatile
set search_path = app, pg_temp
as $$
begin
  insert into app.product_words (tenant_id, word, product_id)
  select distinct tenant, each.word, product
  from regexp_split_to_table(app.fold(concat_ws(' ', name, category, array_to_string(tags, ' '))), '[^[:alnum:]]+') as each (word)
  where length(each.word) between 3 and 40 and each.word !~ '[0-9]'
    and not exists (select from app.product_words known where known.tenant_id = tenant and known.word = each.word);
end $$;

revoke all on function app.learn_product_words(uuid, uuid, text, text, text[]) from public;
grant execute on function app.learn_product_words(uuid, uuid, text, text, text[]) to tenantry_server;
