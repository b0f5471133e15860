import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareInsert } from '../../db/query/prepareInsert.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { cannedReplies } from '../../db/tables/cannedReplies.ts';
import type { Page } from '../../lib/pagination.ts';

export type CannedReply = typeof cannedReplies.$inferSelect;
type NewCannedReply = typeof cannedReplies.$inferInsert;

/** By shortcut, as one looks for it. Shortcuts are unique, so that the key is complete without the id. */
export const cannedReplyOrder: Order = {
  sort: 'cannedReplies',
  columns: [{ sql: cannedReplies.shortcut, kind: 'text' }],
  descending: false,
};

const pageStatement = prepareShapes<CannedReply[]>();

export function findCannedReplyPage(tx: TenantTransaction, page: Page): Promise<CannedReply[]> {
  const keys = keyset(cannedReplyOrder, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(cannedReplies)
      .where(and(eq(cannedReplies.tenantId, tenant), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countCannedReplies = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(cannedReplies)
    .where(eq(cannedReplies.tenantId, tenant)),
);

export const findCannedRepliesByIds = prepareByKeys<CannedReply>(
  cannedReplies,
  getTableColumns(cannedReplies),
  cannedReplies.id,
  'ids',
);

export const lockCannedReply = prepare((db) =>
  db
    .select()
    .from(cannedReplies)
    .where(and(eq(cannedReplies.tenantId, tenant), eq(cannedReplies.id, sql.placeholder('id'))))
    .for('update'),
);

export const insertCannedReply = prepareInsert(cannedReplies, getTableColumns(cannedReplies));

export async function updateCannedReply(
  tx: TenantTransaction,
  id: string,
  changes: Partial<NewCannedReply>,
): Promise<CannedReply | undefined> {
  const rows = await tx.db
    .update(cannedReplies)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(and(eq(cannedReplies.tenantId, tx.tenantId), eq(cannedReplies.id, id)))
    .returning();
  return rows[0];
}

export const deleteCannedReply = prepare((db) =>
  db
    .delete(cannedReplies)
    .where(and(eq(cannedReplies.tenantId, tenant), eq(cannedReplies.id, sql.placeholder('id'))))
    .returning(),
);
