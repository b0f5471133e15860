import pg from 'pg';

/** Postgres answered, but with a value that JavaScript can't hold. */
export class UnreadableValue extends RangeError {}

export type Parser = (text: string) => unknown;

const oid = {
  int8: 20,
  json: 114,
  jsonArray: 199,
  int8Array: 1016,
  timestamp: 1114,
  timestampArray: 1115,
  textArray: 1009,
  date: 1082,
  dateArray: 1182,
  timestamptz: 1184,
  timestamptzArray: 1185,
  interval: 1186,
  intervalArray: 1187,
  numericArray: 1231,
  jsonb: 3802,
  jsonbArray: 3807,
} as const;

const asIs: Parser = (text) => text;
const stringArray = parserOf(oid.textArray);

function parserOf(type: number): Parser {
  return pg.types.getTypeParser(type, 'text') as Parser;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new UnreadableValue('a bigint beyond the safe integers');
  return value;
}

// numeric stays a string (pg's own default), timestamptz becomes a Date, JSON is parsed.
const plain = new Map<number, Parser>([
  [oid.int8, safeInteger],
  [
    oid.int8Array,
    (text) =>
      (stringArray(text) as (string | null)[]).map((item) =>
        item === null ? null : safeInteger(item),
      ),
  ],
  [oid.date, asIs],
  [oid.dateArray, stringArray],
  // Without a zone, pg would read these in the server process's own time zone.
  [oid.timestamp, asIs],
  [oid.timestampArray, stringArray],
  [oid.interval, asIs],
  [oid.intervalArray, stringArray],
  [oid.numericArray, stringArray],
]);

// Drizzle's columns decode these from text themselves; a jsonb string decoded twice would turn
// '"123"' into the number 123, and a Date would lose the microseconds that a keyset cursor needs.
const leftToDrizzle = new Set<number>([
  oid.json,
  oid.jsonArray,
  oid.timestamp,
  oid.timestampArray,
  oid.date,
  oid.dateArray,
  oid.timestamptz,
  oid.timestamptzArray,
  oid.interval,
  oid.intervalArray,
  oid.numericArray,
  oid.jsonb,
  oid.jsonbArray,
]);

/** For values handed to our own code: timestamptz → Date, int8 → safe number, numeric and date → string. */
export function plainParser(type: number): Parser {
  return plain.get(type) ?? parserOf(type);
}

/** For values that Drizzle's column decoders read. */
export function drizzleParser(type: number): Parser {
  return leftToDrizzle.has(type) ? asIs : plainParser(type);
}
