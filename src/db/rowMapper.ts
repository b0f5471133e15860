import { Column, is, SQL } from 'drizzle-orm';
import type { SelectedFieldsOrdered } from 'drizzle-orm/pg-core/query-builders/select.types';
import { mapResultRow } from 'drizzle-orm/utils';
import { isLeftToDrizzle, plainParser } from './columnTypes.ts';
import type { RawRows } from './transaction.ts';

declare module 'drizzle-orm/utils' {
  /** Exported by drizzle-orm 0.45.4 but left out of its types. */
  function mapResultRow(
    columns: SelectedFieldsOrdered,
    row: unknown[],
    joinsNotNullableMap: Record<string, boolean> | undefined,
  ): Record<string, unknown>;
}

interface Decoder {
  mapFromDriverValue(value: unknown): unknown;
}

/** One level deep and without joins: what to call each column and how to read it. */
type FlatPlan = readonly { readonly key: string; readonly decoder: Decoder }[];

const flatPlans = new WeakMap<SelectedFieldsOrdered, FlatPlan | null>();

/**
 * Rows as arrays → Drizzle's objects, by Drizzle's decoders. Joined and nested selections go through
 * Drizzle's own mapper; flat ones take a shorter way to the same result (20 rows of 23 columns: 33 µs
 * instead of 58).
 */
export function mapRows(
  fields: SelectedFieldsOrdered,
  result: RawRows,
  joinsNotNullableMap: Record<string, boolean> | undefined,
): Record<string, unknown>[] {
  const rows = result.rows as unknown[][];
  parseExpressions(fields, rows, result.fields);
  const plan = flatPlanOf(fields);
  return plan === null
    ? rows.map((row) => mapResultRow(fields, row, joinsNotNullableMap))
    : rows.map((row) => mapFlatRow(plan, row));
}

function mapFlatRow(plan: FlatPlan, row: readonly unknown[]): Record<string, unknown> {
  const mapped: Record<string, unknown> = {};
  for (let index = 0; index < plan.length; index += 1) {
    const column = plan[index];
    const value = row[index];
    if (column === undefined) continue;
    mapped[column.key] = value === null ? null : column.decoder.mapFromDriverValue(value);
  }
  return mapped;
}

function flatPlanOf(fields: SelectedFieldsOrdered): FlatPlan | null {
  let plan = flatPlans.get(fields);
  if (plan === undefined) {
    plan = buildFlatPlan(fields);
    flatPlans.set(fields, plan);
  }
  return plan;
}

function buildFlatPlan(fields: SelectedFieldsOrdered): FlatPlan | null {
  const plan: { key: string; decoder: Decoder }[] = [];
  for (const { path, field } of fields) {
    const [key] = path;
    const decoder = decoderOf(field);
    if (path.length !== 1 || key === undefined || decoder === undefined) return null;
    plan.push({ key, decoder });
  }
  return plan;
}

function decoderOf(field: unknown): Decoder | undefined {
  if (is(field, Column)) return field;
  const sql = is(field, SQL.Aliased) ? field.sql : field;
  // Left out of Drizzle's types.
  return is(sql, SQL) ? (sql as unknown as { decoder: Decoder }).decoder : undefined;
}

/** Text that was left for a column's decoder, in places where there is only an expression without one. */
function parseExpressions(
  fields: SelectedFieldsOrdered,
  rows: unknown[][],
  columns: RawRows['fields'],
): void {
  columns.forEach(({ dataTypeID: type }, index) => {
    if (!isLeftToDrizzle(type) || is(decoderOf(fields[index]?.field), Column)) return;
    const parse = plainParser(type);
    for (const row of rows) {
      const text = row[index];
      if (typeof text === 'string') row[index] = parse(text);
    }
  });
}
