import { index, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';
import { sessions } from './sessions.ts';

/**
 * Each refresh token of a session, by its SHA-256. A used one stays for a month: presented again, it
 * tells that somebody has a copy, and the session (its family) ends.
 */
export const refreshTokens = app.table(
  'refresh_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
    usedAt: moment('used_at'),
  },
  (table) => [index('refresh_tokens_session_id_idx').on(table.sessionId)],
);
