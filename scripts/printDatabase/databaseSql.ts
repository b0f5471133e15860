import type pg from 'pg';

/**
 * What stands in schema `app` and who may do what with it, as SQL to read and to compare: roles,
 * schema, tables with columns, constraints, indexes, policies and grants, views, functions. The same
 * text from Postgres 15 to 18, so what came later is left out: names of NOT NULL constraints (18),
 * transaction_timeout and MAINTAIN (17); sorted as bytes, whatever the database's collation. `client` is any role that can read the catalogue.
 */
export async function databaseSql(client: pg.Client): Promise<string> {
  // With an empty path every name is printed with its schema.
  await client.query(`set search_path = ''`);
  const parts: string[] = [];
  for (const query of [roles, schemas, relations, functions]) {
    const { rows } = await client.query<{ sql: string }>(query);
    parts.push(...rows.map(({ sql }) => sql));
  }
  return `${parts.join('\n\n')}\n`;
}

/** `grant …` for each role but the owner, by name; nothing where there is none. */
const grants = (acl: string, owner: string, on: string) => `(
  select string_agg(format(E'\\ngrant %s on %s to %s;', privileges, ${on}, grantee), '' order by grantee collate "C")
  from (
    select coalesce(quote_ident(r.rolname), 'public') as grantee,
           string_agg(lower(privilege_type), ', ' order by privilege_type collate "C") as privileges
    from pg_catalog.aclexplode(${acl}) as granted left join pg_catalog.pg_roles r on r.oid = granted.grantee
    where granted.grantee <> ${owner} and privilege_type <> 'MAINTAIN'
    group by 1) as by_grantee)`;

const roles = `
  select format('create role %I %s;', rolname, concat_ws(' ',
      case when rolcanlogin then 'login' else 'nologin' end,
      case when rolsuper then 'superuser' else 'nosuperuser' end,
      case when rolbypassrls then 'bypassrls' else 'nobypassrls' end,
      case when rolcreaterole then 'createrole' else 'nocreaterole' end,
      case when rolcreatedb then 'createdb' else 'nocreatedb' end,
      case when rolinherit then 'inherit' else 'noinherit' end))
    || coalesce((
      select string_agg(format(E'\\nalter role %I set %s;', rolname, replace(setting, '=', ' = ')), '' order by setting collate "C")
      from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) as setting
      where s.setrole = r.oid and s.setdatabase = 0 and setting not like 'transaction\\_timeout=%'), '') as sql
  from pg_catalog.pg_roles r where rolname like 'tenantry\\_%' order by rolname`;

const schemas = `
  select format('create schema %I authorization %I;', nspname, pg_catalog.pg_get_userbyid(nspowner))
    || coalesce(${grants('nspacl', 'nspowner', "format('schema %I', nspname)")}, '') as sql
  from pg_catalog.pg_namespace where nspname = 'app'`;

const columns = `
  select string_agg(concat_ws(' ', '  ' || quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
      case when a.attgenerated = 's' then 'generated always as (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') stored'
           when a.attidentity <> '' then 'generated as identity'
           when d.adbin is not null then 'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      case when a.attnotnull then 'not null' end), E',\\n' order by a.attnum)
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`;

const constraints = `
  select string_agg(format(E',\\n  constraint %I %s', conname, pg_catalog.pg_get_constraintdef(oid)), ''
                    order by position(contype::text in 'pufxc'), conname)
  from pg_catalog.pg_constraint where conrelid = c.oid and contype in ('p', 'u', 'f', 'x', 'c')`;

const indexes = `
  select string_agg(E'\\n' || pg_catalog.pg_get_indexdef(indexrelid) || ';', '' order by indexrelid::regclass::text collate "C")
  from pg_catalog.pg_index where indrelid = c.oid
    and not exists (select from pg_catalog.pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))`;

const policies = `
  select string_agg(concat_ws(E'\\n  ', format(E'\\ncreate policy %I on %s%s for %s to %s', polname, name,
        case when polpermissive then '' else ' as restrictive' end,
        case polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
        (select string_agg(coalesce(quote_ident(rolname), 'public'), ', ' order by rolname)
         from unnest(polroles) as role (id) left join pg_catalog.pg_roles on pg_roles.oid = id)),
      'using (' || pg_catalog.pg_get_expr(polqual, polrelid) || ')',
      'with check (' || pg_catalog.pg_get_expr(polwithcheck, polrelid) || ')') || ';', '' order by polname)
  from pg_catalog.pg_policy where polrelid = c.oid`;

const columnGrants = `
  select string_agg(format(E'\\ngrant %s on %s to %s;', privileges, name, grantee), '' order by grantee collate "C")
  from (
    select coalesce(quote_ident(r.rolname), 'public') as grantee,
      string_agg(format('%s (%s)', lower(acl.privilege_type), quote_ident(a.attname)), ', ' order by acl.privilege_type collate "C", a.attnum) as privileges
    from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) acl
    left join pg_catalog.pg_roles r on r.oid = acl.grantee
    where a.attrelid = c.oid and a.attacl is not null group by 1) as by_grantee`;

const triggers = `
  select string_agg(E'\\n' || pg_catalog.pg_get_triggerdef(oid) || ';', '' order by tgname)
  from pg_catalog.pg_trigger where tgrelid = c.oid and not tgisinternal`;

const relations = `
  select case when relkind in ('v', 'm') then
      format(E'create %sview %s%s as\\n%s', case relkind when 'm' then 'materialized ' else '' end, name,
             ' with (' || array_to_string(reloptions, ', ') || ')', pg_catalog.pg_get_viewdef(c.oid))
    else
      format(E'create table %s (\\n%s%s\\n)%s;', name, (${columns}), (${constraints}),
             ' partition by ' || pg_catalog.pg_get_partkeydef(c.oid))
    end
    || format(E'\\nalter %s %s owner to %I;', case relkind when 'v' then 'view' else 'table' end, name,
              pg_catalog.pg_get_userbyid(relowner))
    || coalesce((${indexes}), '')
    || case when relrowsecurity then format(E'\\nalter table %s enable row level security;', name) else '' end
    || case when relforcerowsecurity then format(E'\\nalter table %s force row level security;', name) else '' end
    || coalesce((${policies}), '') || coalesce((${triggers}), '')
    || coalesce(${grants('relacl', 'relowner', 'name')}, '') || coalesce((${columnGrants}), '') as sql
  from pg_catalog.pg_class c, lateral (select c.oid::regclass::text as name) as named
  where relnamespace = 'app'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by name collate "C"`;

const functions = `
  select rtrim(pg_catalog.pg_get_functiondef(p.oid), E'\\n') || E';\\n'
    || format('alter function %s owner to %I;', p.oid::regprocedure, pg_catalog.pg_get_userbyid(proowner))
    || coalesce(${grants(
      "coalesce(proacl, pg_catalog.acldefault('f', proowner))",
      'proowner',
      "format('function %s', p.oid::regprocedure)",
    )}, '') as sql
  from pg_catalog.pg_proc p where pronamespace = 'app'::regnamespace and prokind in ('f', 'p')
  order by p.oid::regprocedure::text collate "C"`;
