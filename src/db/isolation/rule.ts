/**
 * One promise about the database. `query` answers a row (`object`, `message`) for each thing that
 * breaks it, in words that follow the object's name, and may read what `catalogue` prepares. It runs
 * as the server's role, so it can only ask what every role may read: pg_catalog.
 */
export interface IsolationRule {
  /** Stable, for programs and for the reviewed list of whoever watches the log. */
  readonly code: string;
  /** Why it is a rule: what leaks without it. */
  readonly reason: string;
  readonly query: string;
  /** What to do about a finding. */
  readonly fix: string;
}

/** A relation's name with its schema; `regclass` leaves that out where the search path finds it. */
export const relationName = (oid: string): string => `(
  select format('%s.%I', named.relnamespace::regnamespace, named.relname)
  from pg_class named where named.oid = ${oid})`;

/** A function's name with its schema and the types of its arguments. */
export const functionName = (alias: string): string =>
  `format('%s.%I(%s)', ${alias}.pronamespace::regnamespace, ${alias}.proname, oidvectortypes(${alias}.proargtypes))`;

/**
 * What the rules share:
 * - `me`: the role that asks.
 * - `reviewed`: the exceptions of reviewed.ts, from the statement's one parameter.
 * - `held`: what `me` may do with each relation, PUBLIC's and columns' privileges included. Read from
 *   the ACLs and not with has_table_privilege(): that refuses to hear of MAINTAIN before Postgres 17.
 * - `relations`: tables and views that have to keep tenants apart: all in `app` and in `public`, where
 *   a careless migration puts its own, and elsewhere each that `me` may touch in any way. Those of
 *   extensions are left out, or PostGIS would keep the server from starting.
 */
export const catalogue = `
  me as materialized (select * from pg_roles where rolname = current_user),
  reviewed as materialized (
    select * from jsonb_to_recordset($1::jsonb) as list (kind text, object text, allows text[])
  ),
  held as materialized (
    select c.oid as relation, acl.privilege_type as privilege, acl.is_grantable as grantable
    from me, pg_class c, aclexplode(c.relacl) acl
    where acl.grantee in (0, me.oid)
    union
    select a.attrelid, acl.privilege_type, acl.is_grantable
    from me, pg_attribute a, aclexplode(a.attacl) acl
    where a.attacl is not null and acl.grantee in (0, me.oid)
  ),
  relations as materialized (
    select c.oid, c.relkind as kind, c.relispartition as is_partition, c.reloptions as options,
           format('%I.%I', n.nspname, c.relname) as name,
           c.relrowsecurity as secured, c.relforcerowsecurity as forced,
           key.attname as tenant_key, key.attnum as tenant_attnum,
           key.atttypid = 'uuid'::regtype and key.attnotnull as tenant_key_strict
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute key
      on key.attrelid = c.oid and not key.attisdropped
      and key.attname = case when n.nspname = 'app' and c.relname = 'tenants' then 'id' else 'tenant_id' end
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      and (n.nspname in ('app', 'public') or exists (select from held where held.relation = c.oid))
  ),
  policies as materialized (
    select p.oid, p.polname as name, p.polrelid as relation, p.polcmd as command,
           pg_get_expr(p.polqual, p.polrelid) as using_text,
           pg_get_expr(p.polwithcheck, p.polrelid) as check_text
    from pg_policy p, me
    where p.polpermissive and p.polroles && array[0::oid, me.oid]
  )`;
