import { index, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** One sign-in on one device. Access tokens name it (`sid`), so that ending it ends them. */
export const sessions = app.table(
  'sessions',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** The business that was signed in to: what a refresh gives a token for unless it names another. */
    homeTenantId: uuid('home_tenant_id').references(() => tenants.id, { onDelete: 'set null' }),
    ip: text('ip'),
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    /** When a token was last refreshed; written by nothing that an ordinary request does. */
    lastSeenAt: moment('last_seen_at'),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [
    index('sessions_user_id_idx').on(table.userId),
    index('sessions_home_tenant_id_idx').on(table.homeTenantId),
  ],
);
