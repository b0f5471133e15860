import { boolean, integer, jsonb, text } from 'drizzle-orm/pg-core';
import { app } from './columns.ts';

/** What a plan allows. Plans are data: a limit is changed by an UPDATE, not by a release. */
export const plans = app.table('plans', {
  code: text('code').primaryKey(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  /** The larger plan has the higher one: whoever has it has what a smaller plan is asked for. */
  position: integer('position').notNull(),
  /** Whether an owner may choose it; the others are agreed with an operator. */
  selfService: boolean('self_service').notNull().default(true),
  /** Meter → highest value in its period; a missing meter is unlimited. */
  limits: jsonb('limits').$type<Record<string, number>>().notNull(),
  /** Codes of `features`; one that is not there counts for nothing. */
  features: text('features').array().notNull(),
});
