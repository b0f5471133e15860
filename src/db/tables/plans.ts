import { integer, jsonb, text } from 'drizzle-orm/pg-core';
import { app } from './columns.ts';

/** What a plan allows. Plans are data: a limit is changed by an UPDATE, not by a release. */
export const plans = app.table('plans', {
  code: text('code').primaryKey(),
  name: text('name').notNull(),
  position: integer('position').notNull(),
  /** Meter → highest value in its period; a missing meter is unlimited. */
  limits: jsonb('limits').$type<Record<string, number>>().notNull(),
  features: text('features').array().notNull(),
});
