import { type IsolationRule, relationName } from '../rule.ts';

/** Keys: their checks see every row, whatever the policies say. */
export const keyRules: readonly IsolationRule[] = [
  {
    code: 'tenant-key-loose',
    reason:
      'A foreign key with a NULL in it is not checked, and a row without a tenant is nobody’s and never found again.',
    query: `
      select name, format('has a %I that is not uuid not null', tenant_key) from relations
      where kind in ('r', 'p') and not tenant_key_strict`,
    fix: 'ALTER TABLE … ALTER COLUMN tenant_id SET NOT NULL.',
  },
  {
    code: 'foreign-key-without-tenant',
    reason:
      'Foreign keys are checked without row-level security: one without the tenant lets a business point at another’s row, learn that it exists, and keep it from being deleted.',
    query: `
      select format('%s.%I', child.name, k.conname),
             format('refers to %s without the tenant on both sides', ${relationName('k.confrelid')})
      from pg_constraint k
      join relations child on child.oid = k.conrelid and child.tenant_key is not null
      left join relations parent on parent.oid = k.confrelid
      where k.contype = 'f' and k.conparentid = 0
        and not exists (
          select from reviewed where kind = 'sharedTable' and object = parent.name)
        and not exists (
          select from unnest(k.conkey, k.confkey) as pair (here, there)
          where here = child.tenant_attnum and there = parent.tenant_attnum)
        and not exists (
          select from reviewed
          where reviewed.kind = 'foreignKey' and reviewed.object = format('%s.%I', child.name, k.conname))`,
    fix: 'FOREIGN KEY (tenant_id, x_id) REFERENCES app.x (tenant_id, id).',
  },
  {
    code: 'foreign-key-overwrites',
    reason:
      'ON DELETE SET NULL would null tenant_id along with the rest of the key, is written past row-level security, and Citus refuses it.',
    query: `
      select format('%s.%I', child.name, k.conname), 'sets its columns when the row it refers to goes or changes'
      from pg_constraint k join relations child on child.oid = k.conrelid and child.tenant_key is not null
      where k.contype = 'f' and k.conparentid = 0
        and (k.confdeltype in ('n', 'd') or k.confupdtype in ('n', 'd'))`,
    fix: 'ON DELETE NO ACTION; set the column to null in the code that deletes.',
  },
  {
    code: 'unique-without-tenant',
    reason:
      'Uniqueness is checked across all rows: without the tenant in it a business learns which values others use, and is refused them.',
    query: `
      select format('%s.%I', relations.name, c.relname), 'is unique across tenants'
      from relations join pg_index i on i.indrelid = relations.oid join pg_class c on c.oid = i.indexrelid
      where tenant_key is not null and (i.indisunique or i.indisexclusion)
        and not tenant_attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
        and not exists (
          select from reviewed where reviewed.kind = 'uniqueKey'
            and reviewed.object = format('%s.%I', relations.name, c.relname))`,
    fix: 'Put tenant_id first in the key, or put it on the list in src/db/isolation/reviewed.ts with the reason.',
  },
  {
    code: 'hidden-write',
    reason:
      'A trigger or a rule writes where no reader of the code looks, as whoever owns it, and not at all on Citus; audit is written by the application.',
    query: `
      select relations.name, format('has the trigger %I', t.tgname)
      from relations join pg_trigger t
        on t.tgrelid = relations.oid and not t.tgisinternal and t.tgparentid = 0
      union all
      select relations.name, format('has the rule %I', r.rulename)
      from relations join pg_rewrite r on r.ev_class = relations.oid and r.rulename <> '_RETURN'`,
    fix: 'DROP TRIGGER or DROP RULE, and do in code what it did.',
  },
];
