import { sql } from 'drizzle-orm';
import { check, index, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';
import { users } from './users.ts';

/**
 * What was mailed to prove an address, by its SHA-256; used, it is deleted. A registration waits in
 * here until then, name and password included: nobody who does not read an address's mail becomes a
 * user with it, and of two who register it each confirms only their own password.
 */
export const oneTimeTokens = app.table(
  'one_time_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    kind: text('kind', { enum: ['REGISTRATION', 'PASSWORD_RESET'] }).notNull(),
    email: text('email').notNull(),
    /** Whose password may be set; null for a registration, and where nobody has the address. */
    userId: uuid('user_id').references(() => users.id),
    name: text('name'),
    passwordHash: text('password_hash'),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('one_time_tokens_email_idx').on(table.email),
    index('one_time_tokens_user_id_idx').on(table.userId),
    index('one_time_tokens_expires_at_idx').on(table.expiresAt),
    check('one_time_tokens_kind_known', sql`${table.kind} in ('REGISTRATION','PASSWORD_RESET')`),
  ],
);
