import { sql } from 'drizzle-orm';
import { check, text, unique, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, updatedAt } from './columns.ts';

/** Somebody who runs the platform. A realm of its own: no row here is a user, and none of theirs is one here. */
export const operators = app.table(
  'operators',
  {
    id: uuid('id').primaryKey(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    passwordHash: text('password_hash').notNull(),
    disabledAt: moment('disabled_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('operators_email_key').on(table.email),
    check('operators_email_is_lower_case', sql`${table.email} = lower(${table.email})`),
  ],
);
