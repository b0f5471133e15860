import type { RawRow } from './rowReader.ts';

/** What Postgres says a column of a result is. */
export interface ResultField {
  readonly name: string;
  readonly dataTypeID: number;
}

/** One statement's answer, its values as Postgres wrote them: text, or null. */
export interface RawResult {
  /** The command's tag without its numbers: 'INSERT', 'COMMIT' … */
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly fields: readonly ResultField[];
  readonly rows: readonly RawRow[];
}

/** `tag`: the command's, as Postgres wrote it; undefined: an empty statement's. */
export function resultOf(
  tag: string | undefined,
  fields: readonly ResultField[],
  rows: readonly RawRow[],
): RawResult {
  if (tag === undefined) return { command: null, rowCount: null, fields, rows };
  const first = tag.indexOf(' ');
  if (first === -1) return { command: tag, rowCount: null, fields, rows };
  const rowCount = Number(tag.slice(tag.lastIndexOf(' ') + 1));
  return { command: tag.slice(0, first), rowCount, fields, rows };
}
