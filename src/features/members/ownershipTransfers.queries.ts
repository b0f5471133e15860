import { and, eq, isNull, sql } from 'drizzle-orm';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { ownershipTransfers } from '../../db/tables/ownershipTransfers.ts';

export type OwnershipTransfer = typeof ownershipTransfers.$inferSelect;

const open = and(
  eq(ownershipTransfers.tenantId, tenant),
  isNull(ownershipTransfers.closedAt),
  sql`${ownershipTransfers.expiresAt} > now()`,
);

export const findOpenTransfer = prepare((db) => db.select().from(ownershipTransfers).where(open));

export const insertTransfer = prepare((db) =>
  db
    .insert(ownershipTransfers)
    .values({
      tenantId: tenant,
      id: sql.placeholder('id'),
      fromId: sql.placeholder('fromId'),
      toId: sql.placeholder('toId'),
      expiresAt: sql`now() + make_interval(secs => ${sql.placeholder('seconds')})`,
    })
    .returning(),
);

/** The open one, and one that has run out. */
export const closeTransfer = prepare((db) =>
  db
    .update(ownershipTransfers)
    .set({ closedAt: sql`now()` })
    .where(and(eq(ownershipTransfers.tenantId, tenant), isNull(ownershipTransfers.closedAt))),
);

/** What a member offered, or was offered. */
export const closeTransferOf = prepare((db) =>
  db
    .update(ownershipTransfers)
    .set({ closedAt: sql`now()` })
    .where(
      and(
        eq(ownershipTransfers.tenantId, tenant),
        isNull(ownershipTransfers.closedAt),
        sql`${sql.placeholder('memberId')}::uuid in (${ownershipTransfers.fromId}, ${ownershipTransfers.toId})`,
      ),
    ),
);
