import type pg from 'pg';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** Texts that its restrictive policies, then its CHECK constraints name: `'NEW'`, or a pattern. */
  readonly literals: readonly string[];
  readonly unique: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

export interface TenantTable {
  readonly name: string;
  /** The column that holds the tenant; null for a table above tenants. */
  readonly tenantKey: string | null;
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly uniqueKeys: readonly (readonly string[])[];
  /** CHECK constraint → its columns. */
  readonly checks: Readonly<Record<string, readonly string[]>>;
  /** What tenantry_server may do with it. */
  readonly grants: readonly string[];
}

/** The names of a table's columns that a list of their numbers stands for, in its order. */
const namesOf = (numbers: string, table: string) => `(
  select coalesce(jsonb_agg(part.attname order by place), '[]')
  from unnest(${numbers}) with ordinality as parts (number, place)
  join pg_attribute part on part.attrelid = ${table} and part.attnum = parts.number)`;

/**
 * Every table of schema app, as the catalogue has it, each after those that it refers to. A new table
 * is found here, and so is under every test that walks them.
 */
export async function readTables(admin: pg.Client): Promise<TenantTable[]> {
  const { rows } = await admin.query<TenantTable>(`
    select c.oid::regclass::text as name,
      (select attname from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
        and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end) as "tenantKey",
      (select jsonb_agg(jsonb_build_object(
          'name', a.attname, 'type', format_type(a.atttypid, null),
          'required', a.attnotnull and not a.atthasdef,
          'unique', exists (select from pg_index i where i.indrelid = c.oid and i.indisunique
                            and a.attnum = any (i.indkey)),
          'literals', (select coalesce(jsonb_agg(replace(found[1], '''''', '''') order by place), '[]')
            from (
              select 1 as place, pg_get_expr(p.polwithcheck, p.polrelid) as text from pg_policy p
              where p.polrelid = c.oid and not p.polpermissive and exists (
                select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = p.oid
                  and d.refobjid = c.oid and d.refobjsubid = a.attnum)
              union all
              select 2, pg_get_constraintdef(k.oid) from pg_constraint k
              where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)
            ) as condition, regexp_matches(condition.text, '''((?:[^'']|'''')*)''::text', 'g') found)
        ) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = '') as columns,
      (select coalesce(jsonb_agg(jsonb_build_object('name', k.conname,
          'columns', ${namesOf('k.conkey', 'k.conrelid')},
          'parent', k.confrelid::regclass::text,
          'parentColumns', ${namesOf('k.confkey', 'k.confrelid')})), '[]')
        from pg_constraint k where k.conrelid = c.oid and k.contype = 'f') as "foreignKeys",
      (select coalesce(jsonb_agg(${namesOf('i.indkey::int2[]', 'i.indrelid')}), '[]')
        from pg_index i where i.indrelid = c.oid and i.indisunique) as "uniqueKeys",
      (select coalesce(jsonb_object_agg(k.conname, ${namesOf('k.conkey', 'k.conrelid')}), '{}')
        from pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks,
      array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p
        where has_table_privilege('tenantry_server', c.oid, p)) as grants
    from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`);
  return parentsFirst(rows);
}

function parentsFirst(tables: readonly TenantTable[]): TenantTable[] {
  const sorted: TenantTable[] = [];
  const visit = (table: TenantTable): void => {
    if (sorted.includes(table)) return;
    for (const { parent } of table.foreignKeys) {
      const found = tables.find(({ name }) => name === parent);
      if (found !== undefined && found !== table) visit(found);
    }
    sorted.push(table);
  };
  for (const table of tables) visit(table);
  return sorted;
}
