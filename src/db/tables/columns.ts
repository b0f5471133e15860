import { sql } from 'drizzle-orm';
import { customType, pgSchema, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Everything the product stores lives in one schema, so that grants, dumps and checks can name it. */
export const app = pgSchema('app');

/** The tenant a row belongs to: first in every key, so that Citus can distribute by it unchanged. */
export const tenantId = () => uuid('tenant_id').notNull();

/** A UUIDv7 made by the application; the database has no default, so a forgotten id fails loudly. */
export const id = () => uuid('id').notNull();

/**
 * A moment in UTC. Milliseconds on purpose: a JavaScript Date holds no more, and a cursor made from
 * a truncated microsecond would skip or repeat the rows around it.
 */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const createdAt = () => moment('created_at').notNull().default(sql`now()`);
export const updatedAt = () => moment('updated_at').notNull().default(sql`now()`);

/** Postgres' full-text document. It is only ever read by the search functions. */
export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });
