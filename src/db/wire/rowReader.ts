/** A row's values as Postgres wrote them. */
export type RawRow = readonly (string | null)[];

/**
 * The body of a DataRow (PostgreSQL protocol, "Message Formats") → its values. A row of ASCII, as nearly
 * every one is, is decoded at once and cut: a products page has 147 values.
 */
export function readDataRow(bytes: Buffer, start: number, end: number): RawRow {
  const count = bytes.readInt16BE(start);
  const row = new Array<string | null>(count);
  const text = bytes.toString('utf8', start, end);
  // As long as its bytes: none of them took part in a letter of several.
  const ascii = text.length === end - start;
  let at = start + 2;
  for (let index = 0; index < count; index += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === -1) {
      row[index] = null;
      continue;
    }
    row[index] = ascii
      ? text.slice(at - start, at - start + length)
      : bytes.toString('utf8', at, at + length);
    at += length;
  }
  return row;
}
