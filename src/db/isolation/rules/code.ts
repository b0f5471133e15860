import { functionName, type IsolationRule, relationName } from '../rule.ts';

const definers = `
  select p.oid, p.proowner, p.proacl, p.proconfig,
         ${functionName('p')} as signature
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select from pg_depend d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`;

/** Views and functions: what runs as somebody else. */
export const codeRules: readonly IsolationRule[] = [
  {
    code: 'view-runs-as-owner',
    reason: 'A view reads as its owner does, unless it is security_invoker: under other policies.',
    query: `
      select name, 'is not security_invoker' from relations
      where kind = 'v' and not exists (
        select from unnest(options) as option
        where option in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes'))`,
    fix: 'ALTER VIEW … SET (security_invoker = true).',
  },
  {
    code: 'definer-not-reviewed',
    reason:
      'A SECURITY DEFINER function is a door in the wall. There are few, each is known, and each runs as a role that can do little else.',
    query: `
      select signature, format('is SECURITY DEFINER and runs as %I', owner.rolname)
      from (${definers}) as definer join pg_roles owner on owner.oid = definer.proowner
      where not exists (
        select from reviewed
        where kind = 'definer' and object = signature and owner.rolname = any (allows))`,
    fix: 'Make it SECURITY INVOKER, or put it on the list in src/db/isolation/reviewed.ts with its owner and the reason.',
  },
  {
    code: 'definer-search-path',
    reason:
      'Whoever chooses the search path chooses which tables and operators the function means; pg_temp is searched first unless it is named last.',
    query: `
      select signature, 'does not pin its search_path with pg_temp at the end'
      from (${definers}) as definer
      where not exists (
        select from unnest(proconfig) as setting where setting ~ '^search_path=(.*, *)?"?pg_temp"?$')`,
    fix: 'ALTER FUNCTION … SET search_path = app, pg_temp.',
  },
  {
    code: 'definer-for-everyone',
    reason:
      'A new function may be called by PUBLIC until that is revoked, so by every role there is.',
    query: `
      select signature, 'may be executed by PUBLIC'
      from (${definers}) as definer
      where proacl is null or exists (select from aclexplode(proacl) where grantee = 0)`,
    fix: 'REVOKE ALL ON FUNCTION … FROM PUBLIC, then GRANT EXECUTE to the roles that need it.',
  },
  {
    code: 'definer-can-do-more',
    reason: 'What a door leads to is decided by what its owner may do.',
    query: `
      select format('%I', r.rolname), 'has SUPERUSER, BYPASSRLS, CREATEROLE or REPLICATION'
      from reviewed join pg_roles r on r.rolname = reviewed.object
      where kind = 'narrowRole' and (rolsuper or rolbypassrls or rolcreaterole or rolreplication)
      union all
      select format('%I', r.rolname), format('is a member of %I', g.rolname)
      from reviewed join pg_roles r on r.rolname = reviewed.object
      join pg_auth_members m on m.member = r.oid join pg_roles g on g.oid = m.roleid
      where kind = 'narrowRole'
      union
      select format('%I', r.rolname), format('may use %s', ${relationName('c.oid')})
      from reviewed join pg_roles r on r.rolname = reviewed.object
      cross join pg_class c,
      lateral (
        select grantee from aclexplode(c.relacl)
        union all
        select acl.grantee from pg_attribute a, aclexplode(a.attacl) acl
        where a.attrelid = c.oid and a.attacl is not null
      ) as granted
      where reviewed.kind = 'narrowRole' and granted.grantee = r.oid
        and not ${relationName('c.oid')} = any (reviewed.allows)
        and not ('tenant tables' = any (reviewed.allows) and exists (
          select from relations where relations.oid = c.oid and tenant_key is not null))`,
    fix: 'REVOKE it, or add the table to the role’s entry in src/db/isolation/reviewed.ts with the reason.',
  },
];
