import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/keyset.ts';
import { prepare, tenant } from '../../db/prepare.ts';
import { prepareByKeys } from '../../db/prepareByKeys.ts';
import { prepareShapes } from '../../db/prepareShapes.ts';
import { members } from '../../db/tables/members.ts';
import type { Page } from '../../lib/pagination.ts';

export type Member = typeof members.$inferSelect;

/** The longest-standing first. */
export const memberOrder: Order = {
  sort: 'members',
  columns: [
    { sql: members.createdAt, kind: 'time' },
    { sql: members.id, kind: 'uuid' },
  ],
  descending: false,
};

const pageStatement = prepareShapes<Member[]>();

export function findMemberPage(tx: TenantTransaction, page: Page): Promise<Member[]> {
  const keys = keyset(memberOrder, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(members)
      .where(and(eq(members.tenantId, tenant), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countMembers = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(members)
    .where(eq(members.tenantId, tenant)),
);

export const findMembersByIds = prepareByKeys<Member>(
  members,
  getTableColumns(members),
  members.id,
  'ids',
);
