import { sql } from 'drizzle-orm';
import { foreignKey, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { app, moment, tenantId } from './columns.ts';
import { members } from './members.ts';
import { notifications } from './notifications.ts';

/** Which member has read what. A row each rather than a moment up to which all is read: people skip some. */
export const notificationReads = app.table(
  'notification_reads',
  {
    tenantId: tenantId(),
    memberId: uuid('member_id').notNull(),
    notificationId: uuid('notification_id').notNull(),
    readAt: moment('read_at').notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({
      name: 'notification_reads_pkey',
      columns: [table.tenantId, table.memberId, table.notificationId],
    }),
    foreignKey({
      name: 'notification_reads_notification_id_fkey',
      columns: [table.tenantId, table.notificationId],
      foreignColumns: [notifications.tenantId, notifications.id],
    }),
    foreignKey({
      name: 'notification_reads_member_id_fkey',
      columns: [table.tenantId, table.memberId],
      foreignColumns: [members.tenantId, members.id],
    }),
  ],
);
