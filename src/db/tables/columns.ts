import { sql } from 'drizzle-orm';
import { customType, pgSchema, uuid } from 'drizzle-orm/pg-core';

/** Everything the product stores lives in one schema, so that grants, dumps and checks can name it. */
export const app = pgSchema('app');

/** The tenant a row belongs to: first in every key, so that Citus can distribute by it unchanged. */
export const tenantId = () => uuid('tenant_id').notNull();

/** A UUIDv7 made by the application; the database has no default, so a forgotten id fails loudly. */
export const id = () => uuid('id').notNull();

/**
 * A moment in UTC, as the text that clients get: "2026-01-31T09:30:00.000Z". Not a Date: to make one of
 * Postgres' text and a text of it again was a tenth of a page's time. Milliseconds on purpose: a
 * JavaScript Date holds no more, and a cursor from a truncated microsecond would skip or repeat rows.
 */
export const moment = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  fromDriver: readMoment,
});

/** What a moment's fraction lacks, by its length with the dot: Postgres leaves zeros at the end out. */
const fractionEndings = ['.000Z', undefined, '00Z', '0Z', 'Z'];

/**
 * A moment as Postgres writes it in a row ("2026-11-21 04:24:19.44+00") or in JSON (with a T and a
 * longer zone) → ISO 8601 in UTC with milliseconds.
 */
export function readMoment(text: string): string {
  const zone = text.endsWith('+00') ? 3 : 6;
  const length = text.length - zone;
  const ending = length === 19 || text[19] === '.' ? fractionEndings[length - 19] : undefined;
  if (ending !== undefined && (zone === 3 || text.endsWith('+00:00'))) {
    // Most are JSON's, of a nested page's messages.
    if (text[10] === 'T') return `${text.slice(0, length)}${ending}`;
    return `${text.slice(0, 10)}T${text.slice(11, length)}${ending}`;
  }
  return new Date(text).toISOString();
}

export const createdAt = () => moment('created_at').notNull().default(sql`now()`);
export const updatedAt = () => moment('updated_at').notNull().default(sql`now()`);

/** Postgres' full-text document. It is only ever read by the search functions. */
export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** Bits, as Postgres' "bytea". Only ever read by the search functions. */
export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });

/**
 * Of a GIN index: how many kB of new entries wait in a list, which each search reads through, until who
 * writes next puts them in their places. With Postgres' 4 MB a create waited up to 170 ms now and then and a
 * rare word's search took 1.8 ms instead of 1.1 after thousands of creates; with these, 29 ms and 1.2 ms, and
 * creates in all as many.
 */
export const pendingEntries = { gin_pending_list_limit: 256 };
