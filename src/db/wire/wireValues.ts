import { ForbiddenStatement } from '../errors.ts';

/** What may be handed to the driver: nothing that could still throw or change while it is written. */
export type WireValue = string | Buffer | null;

/**
 * JavaScript values to Postgres text (bytea as Buffer). Dates go out in UTC, arrays as array literals,
 * other objects as JSON. Serialising here and not in `pg` matters: a value that throws while `pg`
 * writes it leaves a named statement half registered for good (26000 ever after).
 */
export function toWireValues(values: readonly unknown[]): WireValue[] {
  try {
    return values.map(toWireValue);
  } catch (error) {
    throw new ForbiddenStatement('A value could not be serialised.', error);
  }
}

function toWireValue(value: unknown): WireValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return arrayLiteral(value);
  return scalarText(value);
}

function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      // toISOString throws on an invalid date, which is wanted.
      if (value instanceof Date) return value.toISOString();
      return jsonText(value);
    default:
      throw new TypeError(`a ${typeof value} is no value`);
  }
}

const needsEscape = /[\\"]/;

function arrayLiteral(items: readonly unknown[]): string {
  const parts = items.map((item) => {
    if (item === null || item === undefined) return 'NULL';
    if (Array.isArray(item)) return arrayLiteral(item);
    if (item instanceof Uint8Array) return `"\\\\x${Buffer.from(item).toString('hex')}"`;
    const text = scalarText(item);
    // Most are ids, and to replace nothing takes three times as long as to look.
    return needsEscape.test(text) ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `"${text}"`;
  });
  return `{${parts.join(',')}}`;
}

function jsonText(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError('an object that serialises to nothing');
  return text;
}
