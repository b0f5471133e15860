import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { apiKeys } from '../../db/tables/apiKeys.ts';
import { tenantRoutes } from '../../db/tables/tenantRoutes.ts';
import type { Page } from '../../lib/pagination.ts';

export type ApiKey = typeof apiKeys.$inferSelect;

export async function insertApiKey(
  tx: TenantTransaction,
  row: typeof apiKeys.$inferInsert,
): Promise<ApiKey | undefined> {
  return (await tx.db.insert(apiKeys).values(row).returning())[0];
}

/** Where a request finds its tenant by the key's hash. */
export async function insertKeyRoute(tx: TenantTransaction, secretHash: string): Promise<void> {
  await tx.db
    .insert(tenantRoutes)
    .values({ kind: 'API_KEY', key: secretHash, tenantId: tx.tenantId });
}

export async function deleteKeyRoute(tx: TenantTransaction, secretHash: string): Promise<void> {
  await tx.db
    .delete(tenantRoutes)
    .where(
      and(
        eq(tenantRoutes.tenantId, tx.tenantId),
        eq(tenantRoutes.kind, 'API_KEY'),
        eq(tenantRoutes.key, secretHash),
      ),
    );
}

/** undefined: no such key, or revoked before. */
export async function markRevoked(tx: TenantTransaction, id: string): Promise<ApiKey | undefined> {
  const rows = await tx.db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.tenantId, tx.tenantId), eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning();
  return rows[0];
}

/** undefined: no such key. Whoever else changes it waits until this transaction ends. */
export async function lockApiKey(tx: TenantTransaction, id: string): Promise<ApiKey | undefined> {
  const rows = await tx.db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, tx.tenantId), eq(apiKeys.id, id)))
    .for('update');
  return rows[0];
}

export async function updateApiKey(
  tx: TenantTransaction,
  id: string,
  change: Pick<ApiKey, 'name' | 'costPerMinute'>,
): Promise<ApiKey | undefined> {
  const rows = await tx.db
    .update(apiKeys)
    .set(change)
    .where(and(eq(apiKeys.tenantId, tx.tenantId), eq(apiKeys.id, id)))
    .returning();
  return rows[0];
}

/** The key runs out after the overlap, or when it would have run out anyway. */
export async function markRotated(
  tx: TenantTransaction,
  id: string,
  { rotatedToId, overlapSeconds }: { rotatedToId: string; overlapSeconds: number },
): Promise<ApiKey | undefined> {
  const end = sql`least(${apiKeys.expiresAt}, now() + make_interval(secs => ${overlapSeconds}))`;
  const rows = await tx.db
    .update(apiKeys)
    .set({ rotatedToId, expiresAt: end })
    .where(and(eq(apiKeys.tenantId, tx.tenantId), eq(apiKeys.id, id)))
    .returning();
  return rows[0];
}

/** `uses`: by key, when it was last used, as ISO 8601. A later use that is written already stays. */
export async function markUsed(
  tx: TenantTransaction,
  uses: readonly (readonly [id: string, at: string])[],
): Promise<void> {
  const ids = uses.map(([id]) => id);
  const times = uses.map(([, at]) => at);
  await tx.query(
    `update app.api_keys k set last_used_at = greatest(k.last_used_at, used.at)
     from unnest($2::uuid[], $3::timestamptz[]) as used (id, at)
     where k.tenant_id = $1 and k.id = used.id`,
    [tx.tenantId, ids, times],
  );
}

/** The newest first. */
export const apiKeyOrder: Order = {
  sort: 'apiKeys',
  columns: [
    { sql: apiKeys.createdAt, kind: 'time' },
    { sql: apiKeys.id, kind: 'uuid' },
  ],
  descending: true,
};

const pageStatement = prepareShapes<ApiKey[]>();

export function findApiKeyPage(tx: TenantTransaction, page: Page): Promise<ApiKey[]> {
  const keys = keyset(apiKeyOrder, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(apiKeys)
      .where(and(eq(apiKeys.tenantId, tenant), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countApiKeys = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(apiKeys)
    .where(eq(apiKeys.tenantId, tenant)),
);

export const findApiKeysByIds = prepareByKeys<ApiKey>(
  apiKeys,
  getTableColumns(apiKeys),
  apiKeys.id,
  'ids',
);
