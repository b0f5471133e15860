import { v7 } from 'uuid';
import { PublicError } from './errors.ts';

/**
 * Public ids: `prd_` and the UUID in Crockford base 32, as the TypeID specification 0.3 has it
 * (github.com/jetify-com/typeid/tree/main/spec): opaque, typed, and sorted like the UUIDv7 inside.
 * Written here rather than taken from typeid-js, which builds an object per id and brings a second
 * major of `uuid`; every row of every answer passes through this.
 */
export const idPrefixes = {
  Tenant: 'ten',
  TenantDomain: 'dom',
  User: 'usr',
  Session: 'ses',
  Member: 'mem',
  Invitation: 'inv',
  ApiKey: 'key',
  Product: 'prd',
  Customer: 'cus',
  Conversation: 'cnv',
  Message: 'msg',
  CannedReply: 'rpl',
  AuditEvent: 'aud',
  Notification: 'ntf',
  Operator: 'opr',
} as const;

export type IdType = keyof typeof idPrefixes;

const typeOfPrefix = new Map<string, IdType>(
  Object.entries(idPrefixes).map(([type, prefix]) => [prefix, type as IdType]),
);

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const letterValues = new Map([...alphabet].map((letter, value) => [letter, value]));
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const suffixPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** For 256 ids at a time: to ask for 4 096 random bytes takes 2.6 µs, and for 16 of them 1.7. */
const randomness = new Uint8Array(16 * 256);
let spent = randomness.length;

function nextRandom(): Uint8Array {
  if (spent === randomness.length) {
    crypto.getRandomValues(randomness);
    spent = 0;
  }
  spent += 16;
  return randomness.subarray(spent - 16, spent);
}

/** When the last id was made, and its place among those of that millisecond. */
let msecs = 0;
let seq = 0;

/**
 * A new UUIDv7 (RFC 9562, 6.2, method 1): sorted by time, and as they were made within a millisecond;
 * made by the application. Counts as uuid's v7() does by itself, with randomness at hand.
 */
export function newId(): string {
  const random = nextRandom();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // From somewhere in the lower half, so that there is room to count.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
  } else {
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  return v7({ random, msecs, seq });
}

export const isUuid = (text: string): boolean => uuidPattern.test(text);

/** Two letters of base 32, by their ten bits. */
const letterPairs = Array.from(
  { length: 1024 },
  (_, bits) => `${alphabet[bits >> 5]}${alphabet[bits & 31]}`,
);

/** The value of a hexadecimal digit, by its character code. */
const digitValues = new Uint8Array(128);
for (const digit of '0123456789abcdefABCDEF') {
  digitValues[digit.charCodeAt(0)] = Number.parseInt(digit, 16);
}

/** `('Product', '0190…')` → `prd_…`. Table look-ups, for a nested page has 200 of them. */
export function encodeId(type: IdType, uuid: string): string {
  let suffix = '';
  // 128 bits in 26 letters of five: two leading zero bits make 130, ten bits at a time.
  let held = 0;
  let bits = 2;
  for (let index = 0; index < uuid.length; index += 1) {
    const code = uuid.charCodeAt(index);
    if (code === 0x2d) continue;
    held = (held << 4) | (digitValues[code] ?? 0);
    bits += 4;
    if (bits >= 10) {
      bits -= 10;
      suffix += letterPairs[held >> bits];
      held &= (1 << bits) - 1;
    }
  }
  return `${idPrefixes[type]}_${suffix}`;
}

/** `prd_…` → its type and UUID; null for anything that is not a well-formed id. */
export function decodeId(id: string): { type: IdType; uuid: string } | null {
  const type = typeOfPrefix.get(id.slice(0, 3));
  const suffix = id.slice(4);
  if (type === undefined || id[3] !== '_' || !suffixPattern.test(suffix)) return null;
  let hex = '';
  let bits = -2;
  let held = 0;
  for (const letter of suffix) {
    held = ((held << 5) | (letterValues.get(letter) ?? 0)) & 0x1ff;
    bits += 5;
    while (bits >= 4) {
      bits -= 4;
      hex += ((held >> bits) & 15).toString(16);
    }
  }
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { type, uuid };
}

/**
 * An id that a client sent → its UUID. Throws BAD_USER_INPUT when it is none of this API, or, with a
 * `type`, when it is the id of something else.
 */
export function readId(id: string, type: IdType | null): string {
  const decoded = decodeId(id);
  if (decoded === null) {
    throw new PublicError('BAD_USER_INPUT', `"${id.slice(0, 64)}" is not an id of this API.`);
  }
  if (type !== null && decoded.type !== type) {
    throw new PublicError('BAD_USER_INPUT', ofAnotherType(id, type));
  }
  return decoded.uuid;
}

/** What is said of a well-formed id where one of another type is asked for. */
export function ofAnotherType(id: string, wanted: string): string {
  return `"${id}" is the id of a ${decodeId(id)?.type}; a ${wanted} is asked for.`;
}
