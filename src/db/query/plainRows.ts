import type { StatementResult } from '../transaction.ts';
import { type Parser, plainParser } from '../wire/columnTypes.ts';
import type { RawResult, ResultField } from '../wire/rawResult.ts';

type Column = readonly [name: string, parse: Parser];

const columnsOf = new WeakMap<readonly ResultField[], readonly Column[]>();

/** An answer → rows keyed by column, as JavaScript types. Throws UnreadableValue. */
export function readPlainRows<R>({ fields, rows, rowCount }: RawResult): StatementResult<R> {
  const columns = planOf(fields);
  return { rows: rows.map((row) => readRow(columns, row) as R), rowCount: rowCount ?? 0 };
}

function planOf(fields: readonly ResultField[]): readonly Column[] {
  let columns = columnsOf.get(fields);
  if (columns === undefined) {
    columns = fields.map(({ name, dataTypeID }) => [name, plainParser(dataTypeID)]);
    columnsOf.set(fields, columns);
  }
  return columns;
}

function readRow(
  columns: readonly Column[],
  row: readonly (string | null)[],
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [index, [name, parse]] of columns.entries()) {
    const text = row[index];
    read[name] = text === null || text === undefined ? null : parse(text);
  }
  return read;
}
