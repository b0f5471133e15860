import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Column, TenantTable } from './tenantTables.ts';

export type Row = Record<string, unknown>;

/** Texts to try, one after the other, where a CHECK refuses the one before; then others like them. */
const texts = [
  'the same in both',
  'a',
  'EUR',
  '+5215512345678',
  'a@b.example',
  'https://b.example/',
];
const otherTexts = () => [randomUUID(), `+1${String(Math.random()).slice(3, 13).padEnd(10, '7')}`];

/** A value of a type that a column may demand. Teach it a new one here. */
/** `tries`: how often another value of it was refused. */
function valueFor({ type, name }: Column, tries: number): unknown {
  if (type === 'uuid') return randomUUID();
  if (/^(integer|bigint|smallint|numeric)/.test(type)) return 1;
  if (type === 'boolean') return false;
  if (type === 'date') return '2026-01-31';
  if (type.startsWith('timestamp')) return new Date(Date.UTC(2036, 0, 31, tries));
  if (type === 'jsonb') return '{}';
  if (type.endsWith('[]')) return [];
  throw new Error(`makeRow has no value of type ${type} for "${name}": add one to valueFor()`);
}

/**
 * A row that the table takes, the same for every tenant but for its ids and the columns that are
 * nobody's key: those say whose they are. `parents` answers the row that a foreign key may refer to;
 * keys that may be null are null. `insert` tries it; what it refuses is varied and tried again.
 */
export async function makeRow(
  table: TenantTable,
  tenantId: string | null,
  parents: (table: string) => Row,
  insert: (row: Row) => Promise<void>,
): Promise<Row> {
  const attempts = new Map<string, number>();
  for (;;) {
    const row = fill(table, tenantId, parents, attempts);
    try {
      await insert(row);
      return row;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.constraint === undefined) throw error;
      const refused = error.code === '23514' ? (table.checks[error.constraint] ?? []) : [];
      // 23505: a key that all tenants share, such as a slug, has to differ after all.
      const shared = error.code === '23505' ? variable(table, error.detail ?? '') : [];
      const varied = [...refused, ...shared.map(({ name }) => name)];
      if (varied.length === 0 || varied.every((name) => (attempts.get(name) ?? 0) > 20))
        throw error;
      for (const name of varied) attempts.set(name, (attempts.get(name) ?? 0) + 1);
    }
  }
}

/** Of the key that is taken ("Key (kind, key)=(…) already exists.") what is free to choose. */
function variable(table: TenantTable, detail: string): readonly Column[] {
  const names = /^Key \(([^)]*)\)/.exec(detail)?.[1]?.split(', ') ?? [];
  const columns = table.columns.filter(
    ({ name }) => name !== table.tenantKey && names.includes(name),
  );
  const free = columns.filter(({ literals }) => literals.length === 0);
  return free.length > 0 ? free : columns;
}

function fill(
  table: TenantTable,
  tenantId: string | null,
  parents: (table: string) => Row,
  attempts: ReadonlyMap<string, number>,
): Row {
  const row: Row = {};
  for (const column of table.columns) {
    const tries = [...column.literals, ...texts, ...otherTexts()];
    if (column.name === table.tenantKey) row[column.name] = tenantId;
    else if (
      column.type === 'text' &&
      (column.unique || column.literals.length > 0 || attempts.has(column.name))
    )
      row[column.name] = tries[(attempts.get(column.name) ?? 0) % tries.length];
    else if (column.type === 'text') row[column.name] = `canary of ${tenantId}`;
    else if (column.required) row[column.name] = valueFor(column, attempts.get(column.name) ?? 0);
  }
  for (const { columns, parent, parentColumns } of table.foreignKeys) {
    for (const [at, name] of columns.entries()) {
      const column = table.columns.find((candidate) => candidate.name === name);
      if (name === table.tenantKey || !column?.required) continue;
      row[name] = parents(parent)[parentColumns[at] ?? ''];
    }
  }
  return row;
}

/** `insert into … (…) values ($1, …)` and its values. */
export function insertOf(table: { name: string }, row: Row): pg.QueryConfig {
  const names = Object.keys(row);
  const places = names.map((_name, at) => `$${at + 1}`);
  return {
    text: `insert into ${table.name} (${names.map((name) => `"${name}"`).join(', ')}) values (${places.join(', ')})`,
    values: Object.values(row),
  };
}
