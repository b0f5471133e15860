import { integer, text } from 'drizzle-orm/pg-core';
import { app } from './columns.ts';

/** What plans and overrides can open: the codes that the schema's `@requiresFeature` names. */
export const features = app.table('features', {
  code: text('code').primaryKey(),
  name: text('name').notNull(),
  description: text('description').notNull(),
  position: integer('position').notNull(),
});
