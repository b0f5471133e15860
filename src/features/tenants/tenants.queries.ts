import { and, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { type TenantStatus, tenants } from '../../db/tables/tenants.ts';

export type Tenant = typeof tenants.$inferSelect;

/** The tenant of the transaction: no other can be read. */
export const findOwnTenant = prepare((db) =>
  db.select().from(tenants).where(eq(tenants.id, tenant)),
);

/** The same, held until COMMIT. */
export const lockOwnTenant = prepare((db) =>
  db.select().from(tenants).where(eq(tenants.id, tenant)).for('no key update'),
);

/** Of the operator's role: the server's may not write these columns. */
export async function setStatus(
  tx: TenantTransaction,
  status: TenantStatus,
  others: Pick<typeof tenants.$inferInsert, 'statusBeforeSuspension'>,
): Promise<Tenant | undefined> {
  const rows = await tx.db
    .update(tenants)
    .set({ status, ...others, updatedAt: sql`now()` })
    .where(eq(tenants.id, tx.tenantId))
    .returning();
  return rows[0];
}

/**
 * Of the operator's role. undefined: the time to restore it is over, by the clock. The lock is the
 * purge's, taken by a statement of its own, as app.restore_tenant() does for owners.
 */
export async function undoDeletion(tx: TenantTransaction): Promise<Tenant | undefined> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('purge ' || $1::text, 0))`, [
    tx.tenantId,
  ]);
  const rows = await tx.db
    .update(tenants)
    .set({
      status: sql`coalesce(${tenants.statusBeforeDeletion}, 'ACTIVE')`,
      ...{ statusBeforeDeletion: null, deletionRequestedAt: null, purgeAt: null },
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(tenants.id, tx.tenantId),
        eq(tenants.status, 'DELETING'),
        sql`${tenants.purgeAt} > clock_timestamp()`,
      ),
    )
    .returning();
  return rows[0];
}

export async function updateTenant(
  tx: TenantTransaction,
  columns: Pick<typeof tenants.$inferInsert, 'name' | 'description' | 'metadata'>,
): Promise<Tenant | undefined> {
  const rows = await tx.db
    .update(tenants)
    .set({ ...columns, updatedAt: sql`now()` })
    .where(eq(tenants.id, tx.tenantId))
    .returning();
  return rows[0];
}
