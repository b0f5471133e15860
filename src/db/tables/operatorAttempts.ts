import { integer, text } from 'drizzle-orm/pg-core';
import { app, moment } from './columns.ts';

/** How often somebody tried to sign in as an operator since `started_at`; the key is a SHA-256. */
export const operatorAttempts = app.table('operator_attempts', {
  key: text('key').primaryKey(),
  startedAt: moment('started_at').notNull(),
  attempts: integer('attempts').notNull(),
});
