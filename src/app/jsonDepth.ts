/**
 * Whether a JSON text nests deeper than `most` levels. JSON.parse would take it, and what recurses
 * over the value afterwards would run out of stack. One pass over the bytes, no parsing.
 */
export function nestsDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (inText) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}
