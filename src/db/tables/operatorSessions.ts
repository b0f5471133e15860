import { index, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';
import { operators } from './operators.ts';

/** One sign-in of an operator. Their tokens name it (`sid`) and are looked up in it on every request. */
export const operatorSessions = app.table(
  'operator_sessions',
  {
    id: uuid('id').primaryKey(),
    operatorId: uuid('operator_id')
      .notNull()
      .references(() => operators.id),
    ip: text('ip'),
    userAgent: text('user_agent'),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [index('operator_sessions_operator_id_idx').on(table.operatorId)],
);
