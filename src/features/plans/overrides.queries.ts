import { and, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { type OverrideKind, tenantOverrides } from '../../db/tables/tenantOverrides.ts';

type Columns = typeof tenantOverrides.$inferSelect;
export type Override = Columns & { readonly isActive: boolean };

const columns = {
  tenantId: tenantOverrides.tenantId,
  kind: tenantOverrides.kind,
  code: tenantOverrides.code,
  limit: tenantOverrides.limit,
  granted: tenantOverrides.granted,
  reason: tenantOverrides.reason,
  expiresAt: tenantOverrides.expiresAt,
  createdAt: tenantOverrides.createdAt,
  isActive: sql<boolean>`coalesce(${tenantOverrides.expiresAt} > now(), true)`,
};

/** Those of the transaction's tenant, over or not, in no order: they are a handful. */
export const findOverrides = prepare((db) =>
  db.select(columns).from(tenantOverrides).where(eq(tenantOverrides.tenantId, tenant)),
);

/** Of the operator's role: those of several tenants. */
export const findOverridesOfTenants = prepare((db) =>
  db
    .select(columns)
    .from(tenantOverrides)
    .where(sql`${tenantOverrides.tenantId} = any(${sql.placeholder('ids')})`),
);

export type NewOverride = Pick<
  Columns,
  'kind' | 'code' | 'limit' | 'granted' | 'reason' | 'expiresAt'
>;

/** Of the operator's role: in the place of one that is there. */
export async function writeOverride(
  tx: TenantTransaction,
  row: NewOverride,
): Promise<Override | undefined> {
  const { kind: _kind, code: _code, ...changed } = row;
  const rows = await tx.db
    .insert(tenantOverrides)
    .values({ ...row, tenantId: tx.tenantId })
    .onConflictDoUpdate({
      target: [tenantOverrides.tenantId, tenantOverrides.kind, tenantOverrides.code],
      set: { ...changed, createdAt: sql`excluded.created_at` },
    })
    .returning(columns);
  return rows[0];
}

/** Of the operator's role. */
export async function deleteOverride(
  tx: TenantTransaction,
  kind: OverrideKind,
  code: string,
): Promise<Override | undefined> {
  const rows = await tx.db
    .delete(tenantOverrides)
    .where(
      and(
        eq(tenantOverrides.tenantId, tx.tenantId),
        eq(tenantOverrides.kind, kind),
        eq(tenantOverrides.code, code),
      ),
    )
    .returning(columns);
  return rows[0];
}
