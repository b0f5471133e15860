import type { IsolationRule } from '../rule.ts';

/** What the role that serves must not be, have or lack. */
export const roleRules: readonly IsolationRule[] = [
  {
    code: 'role-can-bypass',
    reason:
      'Row-level security does not exist for a superuser or BYPASSRLS; CREATEROLE can become one that has it, REPLICATION copies every row.',
    query: `
      select format('%I', me.rolname) as object, 'has ' || attribute as message
      from me, lateral (values
        ('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls),
        ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication)
      ) as attributes (attribute, present)
      where present`,
    fix: 'Serve as tenantry_server, which "npm run db:migrate" makes: set APP_DATABASE_URL to it, or run ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION.',
  },
  {
    code: 'role-is-member',
    reason:
      'A member may become the role, own what it owns, and has its policies; none is needed to serve.',
    query: `
      select format('%I', me.rolname), format('is a member of %I', g.rolname)
      from me join pg_auth_members m on m.member = me.oid join pg_roles g on g.oid = m.roleid`,
    fix: 'REVOKE the other role FROM the server’s role.',
  },
  {
    code: 'role-owns',
    reason: 'An owner can switch row-level security off, drop a policy and replace a function.',
    query: `
      select pg_describe_object(d.classid, d.objid, d.objsubid), format('is owned by %I', me.rolname)
      from me join pg_shdepend d
        on d.refclassid = 'pg_authid'::regclass and d.refobjid = me.oid and d.deptype = 'o'
      where d.dbid = (select oid from pg_database where datname = current_database())
         or (d.classid = 'pg_database'::regclass
             and d.objid = (select oid from pg_database where datname = current_database()))`,
    fix: 'ALTER … OWNER TO tenantry_owner, or REASSIGN OWNED BY the server’s role TO tenantry_owner.',
  },
  {
    code: 'role-without-timeout',
    reason:
      'A statement or a transaction that never ends keeps its locks, its snapshot and one of few connections from every other tenant.',
    query: `
      select format('%I', me.rolname), 'has no ' || wanted
      from me, unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
        || case when current_setting('server_version_num')::int >= 170000
                then array['transaction_timeout'] else '{}' end) as wanted
      where not exists (
        select from pg_db_role_setting s join pg_database d on d.datname = current_database(),
          unnest(s.setconfig) as setting
        where s.setrole = me.oid and s.setdatabase in (0, d.oid)
          and setting ~ ('^' || wanted || '=0*[1-9]'))`,
    fix: 'ALTER ROLE … SET statement_timeout = \'15s\' and so on; "npm run db:migrate" sets all of them.',
  },
  {
    code: 'tenant-by-default',
    reason:
      'A tenant that is set outside a transaction, for the role, the database or the cluster, is shown to everybody who has none.',
    query: `
      select 'app.tenant_id', 'is set although no transaction has set it'
      where current_setting('app.tenant_id', true) <> ''
      union all
      select 'app.tenant_id', 'is a default of a role or a database'
      from pg_db_role_setting s, unnest(s.setconfig) as setting
      where setting ilike 'app.tenant\\_id=%' and setting !~ '=$'
        and s.setrole in (0, (select oid from me))
        and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))`,
    fix: 'ALTER ROLE … RESET app.tenant_id, ALTER DATABASE … RESET app.tenant_id; look into postgresql.conf and the pooler.',
  },
];
