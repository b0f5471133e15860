import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { notificationReads } from '../../db/tables/notificationReads.ts';
import { notifications } from '../../db/tables/notifications.ts';
import type { Page } from '../../lib/pagination.ts';

export type Notification = typeof notifications.$inferSelect;

/** The newest first. */
export const notificationOrder: Order = {
  sort: 'notifications',
  columns: [
    { sql: notifications.createdAt, kind: 'time' },
    { sql: notifications.id, kind: 'uuid' },
  ],
  descending: true,
};

/** Not read by the member `memberId`; null: by nobody in particular, so by nobody at all. */
const isUnread = sql`not exists (select from ${notificationReads} as r
  where r.tenant_id = ${tenant} and r.member_id = ${sql.placeholder('memberId')}::uuid
    and r.notification_id = ${notifications.id})`;

const pageStatement = prepareShapes<Notification[]>();

export interface NotificationSelection {
  readonly unread: boolean;
  readonly memberId: string | null;
}

export function findNotificationPage(
  tx: TenantTransaction,
  { unread, memberId }: NotificationSelection,
  page: Page,
): Promise<Notification[]> {
  const keys = keyset(notificationOrder, page);
  const statement = pageStatement(`${unread}|${keys.shape}`, (db) =>
    db
      .select()
      .from(notifications)
      .where(and(eq(notifications.tenantId, tenant), unread ? isUnread : undefined, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, memberId, limit: page.limit });
}

const countStatement = prepareShapes<{ count: number }[]>();

export async function countNotifications(
  tx: TenantTransaction,
  { unread, memberId }: NotificationSelection,
): Promise<number> {
  const statement = countStatement(String(unread), (db) =>
    db
      .select({ count: sql<number>`count(*)::int` })
      .from(notifications)
      .where(and(eq(notifications.tenantId, tenant), unread ? isUnread : undefined)),
  );
  return (await statement(tx, { memberId }))[0]?.count ?? 0;
}

export const findNotificationsByIds = prepareByKeys<Notification>(
  notifications,
  getTableColumns(notifications),
  notifications.id,
  'ids',
);

/**
 * What this transaction has written: by the moment at which it began, for one that was undone to a
 * savepoint is not there, and rows of savepoints do not say whose they are.
 */
export const findOwnNotifications = prepare((db) =>
  db
    .select({ kind: notifications.kind, data: notifications.data })
    .from(notifications)
    .where(
      and(
        eq(notifications.tenantId, tenant),
        sql`${notifications.createdAt} = now()::timestamptz(3)`,
      ),
    )
    .orderBy(notifications.id),
);

/** When a member has read which of these. */
export const findReads = prepare((db) =>
  db
    .select({ notificationId: notificationReads.notificationId, readAt: notificationReads.readAt })
    .from(notificationReads)
    .where(
      and(
        eq(notificationReads.tenantId, tenant),
        eq(notificationReads.memberId, sql.placeholder('memberId')),
        sql`${notificationReads.notificationId} = any(${sql.placeholder('ids')})`,
      ),
    ),
);

/** A row for each that was unread until now; `ids` null: all there are. */
export async function insertReads(
  tx: TenantTransaction,
  memberId: string,
  ids: readonly string[] | null,
): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into app.notification_reads (tenant_id, member_id, notification_id)
     select n.tenant_id, $2, n.id from app.notifications n
     where n.tenant_id = $1 and ($3::uuid[] is null or n.id = any($3))
     on conflict do nothing`,
    [tx.tenantId, memberId, ids],
    { name: 'notifications_mark_read' },
  );
  return rowCount;
}
