import { index, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';
import { users } from './users.ts';

/** One sign-in on one device. Access tokens name it (`sid`), so that ending it ends them. */
export const sessions = app.table(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    ip: text('ip'),
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [index('sessions_user_id_idx').on(table.userId)],
);
