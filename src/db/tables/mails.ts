import { sql } from 'drizzle-orm';
import { index, integer, text, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment } from './columns.ts';

/**
 * Mail that is to be sent, queued in the transaction of what it tells. The id is in its Message-ID.
 * The text holds secrets, so it is erased when the mail is sent or given up.
 */
export const mails = app.table(
  'mails',
  {
    id: uuid('id').primaryKey(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    body: text('body'),
    createdAt: createdAt(),
    /** When it may be taken for sending (again): a lease while it is being sent; null: it is done with. */
    dueAt: moment('due_at').default(sql`now()`),
    attempts: integer('attempts').notNull().default(0),
    sentAt: moment('sent_at'),
    failedAt: moment('failed_at'),
    lastError: text('last_error'),
  },
  (table) => [
    index('mails_due_at_idx').on(table.dueAt),
    index('mails_created_at_idx').on(table.createdAt),
  ],
);
