import { is, Column, SQL } from 'drizzle-orm';
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

/** Rows as arrays → Drizzle's objects, by Drizzle's own mapper and decoders. */
export function mapRows(
  fields: SelectedFieldsOrdered,
  result: RawRows,
  joinsNotNullableMap: Record<string, boolean> | undefined,
): Record<string, unknown>[] {
  const rows = result.rows as unknown[][];
  parseExpressions(fields, rows, result.fields);
  return rows.map((row) => mapResultRow(fields, row, joinsNotNullableMap));
}

/** Text that was left for a column's decoder, in places where there is only an expression without one. */
function parseExpressions(fields: SelectedFieldsOrdered, rows: unknown[][], columns: RawRows['fields']): void {
  columns.forEach(({ dataTypeID: type }, index) => {
    if (!isLeftToDrizzle(type) || hasColumnDecoder(fields[index]?.field)) return;
    const parse = plainParser(type);
    for (const row of rows) {
      const text = row[index];
      if (typeof text === 'string') row[index] = parse(text);
    }
  });
}

function hasColumnDecoder(field: unknown): boolean {
  if (is(field, Column)) return true;
  const sql = is(field, SQL.Aliased) ? field.sql : field;
  return is(sql, SQL) && is((sql as unknown as { decoder: unknown }).decoder, Column);
}
