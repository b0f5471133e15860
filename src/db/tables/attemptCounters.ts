import { index, integer, text } from 'drizzle-orm/pg-core';
import { app, moment } from './columns.ts';

/** How often something was tried in the window that is running, by the SHA-256 of what was tried and for whom. */
export const attemptCounters = app.table(
  'attempt_counters',
  {
    key: text('key').primaryKey(),
    used: integer('used').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('attempt_counters_expires_at_idx').on(table.expiresAt)],
);
