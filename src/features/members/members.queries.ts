import { and, eq, getTableColumns, isNotNull, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
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
      .where(and(eq(members.tenantId, tenant), isNotNull(members.userId), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countMembers = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(members)
    .where(and(eq(members.tenantId, tenant), isNotNull(members.userId))),
);

/** Waits for a change of the role that is under way, and makes the next one wait for this transaction. */
export const lockMemberRole = prepare((db) =>
  db
    .select({ role: members.role })
    .from(members)
    .where(
      and(
        eq(members.tenantId, tenant),
        eq(members.id, sql.placeholder('id')),
        isNotNull(members.userId),
      ),
    )
    .for('share'),
);

/** Those who have left too: what they wrote still names them. */
export const findMembersByIds = prepareByKeys<Member>(
  members,
  getTableColumns(members),
  members.id,
  'ids',
);

/**
 * Held until COMMIT; undefined once they have left. No stronger, or it and a message of theirs would wait
 * for each other: that one has its conversation and wants its author, a removal wants the conversation.
 */
export const lockMember = prepare((db) =>
  db
    .select()
    .from(members)
    .where(
      and(
        eq(members.tenantId, tenant),
        eq(members.id, sql.placeholder('id')),
        isNotNull(members.userId),
      ),
    )
    .for('no key update'),
);

export const findMemberOfUser = prepare((db) =>
  db
    .select()
    .from(members)
    .where(and(eq(members.tenantId, tenant), eq(members.userId, sql.placeholder('userId')))),
);

export const findMemberByEmail = prepare((db) =>
  db
    .select()
    .from(members)
    .where(
      and(
        eq(members.tenantId, tenant),
        isNotNull(members.userId),
        sql`lower(${members.email}) = lower(${sql.placeholder('email')})`,
      ),
    ),
);

export const countOwners = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(members)
    .where(and(eq(members.tenantId, tenant), eq(members.role, 'OWNER'), isNotNull(members.userId))),
);

export const insertMember = prepare((db) =>
  db
    .insert(members)
    .values({
      tenantId: tenant,
      id: sql.placeholder('id'),
      userId: sql.placeholder('userId'),
      role: sql.placeholder('role'),
      name: sql.placeholder('name'),
      email: sql.placeholder('email'),
    })
    .returning(),
);

export const setRole = prepare((db) =>
  db
    .update(members)
    .set({ role: sql`${sql.placeholder('role')}`, updatedAt: sql`now()` })
    .where(and(eq(members.tenantId, tenant), eq(members.id, sql.placeholder('id'))))
    .returning(),
);

/** Takes the person out of the business; what they wrote stays theirs. */
export const setLeft = prepare((db) =>
  db
    .update(members)
    .set({ userId: null, leftAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(members.tenantId, tenant), eq(members.id, sql.placeholder('id'))))
    .returning(),
);
