import { type IsolationRule, relationName } from '../rule.ts';

/** Privileges that row-level security does not hold back. */
export const grantRules: readonly IsolationRule[] = [
  {
    code: 'grant-beyond-rows',
    reason:
      'TRUNCATE, REFERENCES, TRIGGER and MAINTAIN act on the whole table, policies or not; a grant option would hand rows on to other roles.',
    query: `
      select ${relationName('held.relation')}, format('grants %s to the server’s role',
        held.privilege || case when held.grantable then ' WITH GRANT OPTION' else '' end)
      from held
      where held.privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') or held.grantable`,
    fix: 'REVOKE it FROM PUBLIC and from the server’s role.',
  },
  {
    code: 'may-create',
    reason:
      'Who can create a table, a function or an operator can put it where other code looks for its own; its tables have no policy.',
    query: `
      select format('%I', n.nspname), 'is a schema in which the server’s role may create'
      from pg_namespace n, me
      where has_schema_privilege(me.oid, n.oid, 'CREATE')
        and n.nspname !~ '^pg_(toast_)?temp_'
      union all
      select format('%I', current_database()), 'is a database in which the server’s role may create schemas'
      from me where has_database_privilege(me.oid, current_database(), 'CREATE')`,
    fix: 'REVOKE CREATE ON SCHEMA … (or DATABASE …) FROM PUBLIC and from the server’s role.',
  },
  {
    code: 'grant-on-partition',
    reason: 'A partition that is read directly is under its own policies, not under its table’s.',
    query: `
      select distinct relations.name, 'is a partition with grants of its own'
      from relations join held on held.relation = relations.oid where is_partition`,
    fix: 'REVOKE ALL ON the partition FROM PUBLIC and from the server’s role.',
  },
  {
    code: 'log-can-be-rewritten',
    reason: 'A log that its writer can rewrite proves nothing.',
    query: `
      select reviewed.object, format('grants %s to the server’s role', held.privilege)
      from reviewed join relations on relations.name = reviewed.object
      join held on held.relation = relations.oid
      where reviewed.kind = 'appendOnly' and held.privilege in ('UPDATE', 'DELETE')`,
    fix: 'REVOKE UPDATE, DELETE ON the log FROM PUBLIC and from the server’s role.',
  },
];
