-- Archived, never deleted: conversations speak of them.
alter table app.products enable row level security;
alter table app.products force row level security;

drop policy if exists tenant on app.products;
create policy tenant on app.products to tenantry_server
  using (tenant_id = app.current_tenant())
  with check (tenant_id = app.current_tenant());

revoke all on app.products from public, tenantry_server;
grant select, insert, update on app.products to tenantry_server;

-- See functions/product_search.sql for why this role exists and what keeps it to one tenant.
drop policy if exists search on app.products;
create policy search on app.products for select to tenantry_search using (true);
grant select (tenant_id, id, sku, created_at, search_vector, search_signature) on app.products to tenantry_search;


-- An operator counts them, and can read nothing that they say.
drop policy if exists operator on app.products;
create policy operator on app.products for select to tenantry_operator using (true);
grant select (tenant_id, id) on app.products to tenantry_operator;
