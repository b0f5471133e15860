import { functionName, type IsolationRule } from '../rule.ts';

const command = `case held.privilege when 'SELECT' then 'r' when 'INSERT' then 'a'
                 when 'UPDATE' then 'w' when 'DELETE' then 'd' end`;

/** Row-level security itself. */
export const policyRules: readonly IsolationRule[] = [
  {
    code: 'rls-not-forced',
    reason:
      'Without ENABLE every row is everybody’s; without FORCE the owner, and each function that runs as it, sees all of them.',
    query: `
      select name, case
          when kind = 'm' then 'is a materialized view, which cannot have row-level security'
          when kind = 'f' then 'is a foreign table, which cannot have row-level security'
          when not secured then 'has row-level security disabled'
          else 'does not force row-level security on its owner'
        end
      from relations
      where kind in ('m', 'f') or (kind in ('r', 'p') and not is_partition and not (secured and forced))`,
    fix: 'Give the table its file in sql/policies/ (ENABLE and FORCE ROW LEVEL SECURITY, policy, grants) and run "npm run db:migrate".',
  },
  {
    code: 'policy-missing',
    reason:
      'A table without a policy is closed to all, and the quickest way to open it again is the wrong one; a policy without WITH CHECK leaves to USING what may be written.',
    query: `
      select name, 'has no policy' from relations
      where kind in ('r', 'p') and not is_partition
        and not exists (select from pg_policy p where p.polrelid = relations.oid)
      union all
      select relations.name, format('grants %s but no policy says of which rows (USING and WITH CHECK)', held.privilege)
      from relations join held on held.relation = relations.oid
      where relations.kind in ('r', 'p') and not is_partition
        and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
        and exists (select from pg_policy p where p.polrelid = relations.oid)
        and not exists (
          select from policies p
          where p.relation = relations.oid and p.command in ('*', ${command})
            and (held.privilege = 'INSERT' or p.using_text is not null)
            and (held.privilege in ('SELECT', 'DELETE') or p.check_text is not null))`,
    fix: 'CREATE POLICY tenant ON … TO tenantry_server USING (…) WITH CHECK (…) in the table’s own file in sql/policies/, above its grants.',
  },
  {
    code: 'policy-not-by-tenant',
    reason:
      'Permissive policies are joined by OR, so a single one with another condition opens the table. The text is compared, and that the functions and operators in it are ours: `current_tenant()` could be another schema’s.',
    query: `
      select relations.name, format('has the policy %I with another condition than its tenant', policies.name)
      from relations join policies on policies.relation = relations.oid,
        lateral (select array[
          format('(%I = current_tenant())', tenant_key),
          format('(%I = ANY (ARRAY[current_tenant()]))', tenant_key)] as expected) as tenant
      where tenant_key is not null and (
        replace(using_text, 'app.current_tenant()', 'current_tenant()') <> all (expected)
        or replace(check_text, 'app.current_tenant()', 'current_tenant()') <> all (expected)
        or exists (
          select from pg_depend d
          where d.classid = 'pg_policy'::regclass and d.objid = policies.oid
            and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
            and not (d.refclassid = 'pg_proc'::regclass and exists (
              select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
              where p.oid = d.refobjid and n.nspname = 'app' and p.proname = 'current_tenant' and p.pronargs = 0))))`,
    fix: 'The condition is tenant_id = app.current_tenant() (on Citus tenant_id = any (array[app.current_tenant()])), in USING and in WITH CHECK. DROP POLICY whatever else the server’s role has.',
  },
  {
    code: 'policy-function-not-stable',
    reason:
      'An IMMUTABLE function is computed once when a statement is planned, and a prepared statement then shows the first tenant’s rows to every other.',
    query: `
      select distinct ${functionName('p')}, format('is %s, and the policy %I on %s calls it',
        case p.provolatile when 'i' then 'IMMUTABLE' else 'VOLATILE' end, policies.name, relations.name)
      from relations join policies on policies.relation = relations.oid
      join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = policies.oid
        and d.refclassid = 'pg_proc'::regclass
      join pg_proc p on p.oid = d.refobjid
      where p.provolatile <> 's'`,
    fix: 'ALTER FUNCTION app.current_tenant() STABLE.',
  },
  {
    code: 'table-without-tenant',
    reason: 'Without a tenant in its rows a table is shared by all of them.',
    query: `
      select relations.name, format('has no tenant_id, and the server’s role may %s it', held.privilege)
      from relations join held on held.relation = relations.oid
      left join reviewed on reviewed.kind = 'sharedTable' and reviewed.object = relations.name
      where relations.kind in ('r', 'p', 'f', 'm') and tenant_key is null and not is_partition
        and not held.privilege = any (coalesce(reviewed.allows, '{}'))`,
    fix: 'Give it a tenant_id, REVOKE the privilege, or put it on the list in src/db/isolation/reviewed.ts with the reason.',
  },
];
