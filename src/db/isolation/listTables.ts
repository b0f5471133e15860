import type { Database } from '../database.ts';
import { reviewed } from './reviewed.ts';
import { catalogue } from './rule.ts';

export interface GuardedPolicy {
  readonly name: string;
  /** `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`. */
  readonly command: string;
  /** Whom it is for; `public` is everybody. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly withCheck: string | null;
}

export interface GuardedTable {
  /** With its schema, quoted as SQL needs it. */
  readonly name: string;
  /** It has no rows and no policies: as it reads as its caller does, those of its tables hold. */
  readonly isView: boolean;
  readonly rowLevelSecurity: boolean;
  /** On its owner too. */
  readonly forced: boolean;
  /** The column that holds the tenant; null where there is none. */
  readonly tenantKey: string | null;
  readonly policies: readonly GuardedPolicy[];
  /** What the server's role may do with its rows: `SELECT`, `INSERT` … */
  readonly grants: readonly string[];
  /** Why every tenant may read it; null for all others. */
  readonly shared: string | null;
}

const tables = `with ${catalogue}
select name, kind = 'v' as "isView", secured as "rowLevelSecurity", forced, quote_ident(tenant_key) as "tenantKey",
  array(select distinct privilege from held where relation = relations.oid order by 1) as grants,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'name', polname,
      'command', case polcmd when '*' then 'ALL' when 'r' then 'SELECT' when 'a' then 'INSERT'
                             when 'w' then 'UPDATE' else 'DELETE' end,
      'roles', array(select coalesce(rolname, 'public') from unnest(polroles) as role (id)
                     left join pg_roles on pg_roles.oid = id order by 1),
      'using', pg_get_expr(polqual, polrelid),
      'withCheck', pg_get_expr(polwithcheck, polrelid)) order by polname)
    from pg_policy where polrelid = relations.oid), '[]') as policies
from relations
where not is_partition
order by name`;

/** Every table and view that has to keep tenants apart, and what does so. Reads the catalogue only. */
export async function listTables(database: Pick<Database, 'lookup'>): Promise<GuardedTable[]> {
  const rows = await database.lookup<Omit<GuardedTable, 'shared'>>(tables, [
    JSON.stringify(reviewed),
  ]);
  const shared = new Map(
    reviewed
      .filter(({ kind }) => kind === 'sharedTable')
      .map((entry) => [entry.object, entry.reason]),
  );
  return rows.map((row) => ({ ...row, shared: shared.get(row.name) ?? null }));
}
