import type pg from 'pg';
import { encodeId, type IdType } from '../../../src/lib/ids.ts';

/** Begins every text that is planted in the other tenant's rows. */
export const canary = 'zzcanary';

/** Whose rows must not be seen, and what gives them away. */
export interface Prey {
  readonly tenantId: string;
  /** Some row's UUID of each type. */
  readonly ids: ReadonlyMap<IdType, string>;
  /** Values by which a row can be named, by column. */
  readonly references: ReadonlyMap<string, string>;
  /** Every id of theirs, typed and bare. */
  readonly allIds: ReadonlySet<string>;
  readonly planted: number;
}

const typeOfTable: Readonly<Record<string, IdType>> = {
  api_keys: 'ApiKey',
  audit_events: 'AuditEvent',
  notifications: 'Notification',
  canned_replies: 'CannedReply',
  conversations: 'Conversation',
  customers: 'Customer',
  invitations: 'Invitation',
  members: 'Member',
  messages: 'Message',
  products: 'Product',
  tenant_domains: 'TenantDomain',
};

interface Column {
  table: string;
  name: string;
  type: string;
}

/** Every table with a tenant in it, from the catalogue. */
async function listTenantTables(admin: pg.Client): Promise<string[]> {
  const { rows } = await admin.query<{ table: string }>(
    `select c.relname as table from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant_id'
     order by 1`,
  );
  return rows.map(({ table }) => table);
}

/** Marks every text of a tenant's rows that its constraints let be marked, and remembers their ids. */
export async function plantCanaries(admin: pg.Client, slug: string): Promise<Prey> {
  const { rows } = await admin.query('select id from app.tenants where slug = $1', [slug]);
  const tenantId: string = rows[0].id;
  let planted = 0;
  for (const column of await listTextColumns(admin)) planted += await mark(admin, tenantId, column);
  const ids = new Map<IdType, string>([['Tenant', tenantId]]);
  const allIds = new Set([tenantId, encodeId('Tenant', tenantId)]);
  for (const table of await listTenantTables(admin)) {
    const type = typeOfTable[table];
    if (type === undefined) continue;
    const found = await admin.query(
      `select id from app.${table} where tenant_id = $1 order by id desc`,
      [tenantId],
    );
    for (const { id } of found.rows) allIds.add(id).add(encodeId(type, id));
    if (found.rows[0] !== undefined) ids.set(type, found.rows[0].id);
  }
  return { tenantId, ids, references: await readReferences(admin, tenantId), allIds, planted };
}

async function listTextColumns(admin: pg.Client): Promise<Column[]> {
  const tables = await listTenantTables(admin);
  const { rows } = await admin.query<Column>(
    `select table_name as table, column_name as name, udt_name as type from information_schema.columns
     where table_schema = 'app' and table_name = any ($1) and is_generated = 'NEVER'
       and udt_name in ('text', '_text', 'jsonb') and column_name <> 'phone'`,
    [tables],
  );
  return rows;
}

async function mark(admin: pg.Client, tenantId: string, column: Column): Promise<number> {
  const { table, name, type } = column;
  // An address stays one, or who is asked about it would look at its form alone.
  const end = name === 'email' ? " || '@harbor.example'" : '';
  const text = `'${canary}-${table}-${name}-' || substr(md5(ctid::text), 1, 12)${end}`;
  const value = {
    text,
    _text: `array_append(${name}, ${text})`,
    jsonb: `case when jsonb_typeof(${name}) = 'object' then ${name} || jsonb_build_object('x', ${text}) else ${name} end`,
  }[type];
  try {
    const condition = `tenant_id = $1 and ${name} is not null`;
    const updated = await admin.query(
      `update app.${table} set ${name} = ${value} where ${condition}`,
      [tenantId],
    );
    return updated.rowCount ?? 0;
  } catch {
    return 0; // a closed set of values, or a form that a marker does not have
  }
}

async function readReferences(admin: pg.Client, tenantId: string): Promise<Map<string, string>> {
  const { rows } = await admin.query(
    `select (select sku from app.products where tenant_id = $1 and sku is not null limit 1) as sku,
            (select external_reference from app.products where tenant_id = $1 and external_reference is not null limit 1) as "externalReference",
            (select shortcut from app.canned_replies where tenant_id = $1 limit 1) as shortcut,
            (select email from app.members where tenant_id = $1 limit 1) as email,
            (select slug from app.tenants where id = $1) as slug`,
    [tenantId],
  );
  return new Map(Object.entries(rows[0] as Record<string, string>));
}

/** One hash over all the tenant's rows in all its tables. */
export async function hashRows(admin: pg.Client, tenantId: string): Promise<string> {
  const parts: string[] = [];
  for (const table of await listTenantTables(admin)) {
    // What their own requests are about to use is theirs, and changes with each.
    if (table === 'credit_windows' || table === 'activity_hours') continue;
    // Their own requests are counted up to a second behind their answers.
    const settled = ['usage_counters', 'usage_days'].includes(table)
      ? `and meter <> 'API_REQUESTS_PER_DAY'`
      : '';
    const { rows } = await admin.query(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash
       from app.${table} t where tenant_id = $1 ${settled}`,
      [tenantId],
    );
    parts.push(`${table} ${rows[0].hash}`);
  }
  return parts.join('\n');
}

const idPattern =
  /\b(?:[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;

/** What of the other tenant a text shows; `sent` is what the asker knew before. */
export function findLeaks(text: string, prey: Prey, sent: readonly string[] = []): string[] {
  const leaks = (text.match(idPattern) ?? []).filter(
    (id) => prey.allIds.has(id) && !sent.includes(id),
  );
  for (const found of text.matchAll(new RegExp(`${canary}[\\w-]*`, 'g'))) {
    if (!sent.some((value) => value.includes(found[0]))) leaks.push(found[0]);
  }
  return leaks;
}
