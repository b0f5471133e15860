const quote = 0x22;
const backslash = 0x5c;

/**
 * Whether a JSON text nests deeper than `most` levels. JSON.parse would take it, and what recurses
 * over the value afterwards would run out of stack. One pass over the bytes, no parsing.
 */
export function nestsDeeper(json: Uint8Array, most: number): boolean {
  const { length } = json;
  let depth = 0;
  for (let index = 0; index < length; index += 1) {
    const byte = json[index];
    if (byte === quote) {
      index += 1;
      while (index < length && json[index] !== quote) index += json[index] === backslash ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}
