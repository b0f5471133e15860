import { sql } from 'drizzle-orm';
import { check, text, unique, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, updatedAt } from './columns.ts';

/** A person. Who they are in a business stands in `members`; this table is read only to sign in. */
export const users = app.table(
  'users',
  {
    id: uuid('id').primaryKey(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    passwordHash: text('password_hash'),
    emailVerifiedAt: moment('email_verified_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('users_email_key').on(table.email),
    check('users_email_is_lower_case', sql`${table.email} = lower(${table.email})`),
  ],
);
