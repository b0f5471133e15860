import type { TenantTransaction } from '../../db/database.ts';

// The functions of sql/functions/tenants.sql: what the server's role has no right to by itself. Each
// acts on the tenant of the transaction.

export interface TenantCreation {
  outcome: 'CREATED' | 'KNOWN' | 'EMAIL_NOT_VERIFIED' | 'TOO_MANY';
  tenant_id: string | null;
}

export async function createTenantRow(
  tx: TenantTransaction,
  row: {
    slug: string;
    name: string;
    description: string | null;
    plan: string;
    ownerUserId: string;
    ownerMemberId: string;
  },
  mostOwned: number,
): Promise<TenantCreation> {
  const { slug, name, description, plan, ownerUserId, ownerMemberId } = row;
  const { rows } = await tx.query<TenantCreation>(
    'select outcome, tenant_id from app.create_tenant($1, $2, $3, $4, $5, $6, $7)',
    [slug, name, description, plan, ownerUserId, ownerMemberId, mostOwned],
  );
  const [creation] = rows;
  if (creation === undefined) throw new Error('app.create_tenant() gave no row');
  return creation;
}

/** false: it has had as many slugs as it may. */
export async function renameTenant(
  tx: TenantTransaction,
  slug: string,
  mostSlugs: number,
): Promise<boolean> {
  const { rows } = await tx.query<{ renamed: boolean }>(
    'select app.rename_tenant($1, $2) as renamed',
    [slug, mostSlugs],
  );
  return rows[0]?.renamed === true;
}

/** From when on its rows may be removed; null: it was being deleted already. */
export async function requestDeletion(
  tx: TenantTransaction,
  graceDays: number,
): Promise<Date | null> {
  const { rows } = await tx.query<{ purge_at: Date }>(
    `select purge_at from app.request_deletion($1 * interval '1 day')`,
    [graceDays],
  );
  return rows[0]?.purge_at ?? null;
}

/** The status it has again; null: it is not being deleted, the time is over, or the person no owner. */
export async function restoreRow(
  tx: TenantTransaction,
  ownerUserId: string,
): Promise<string | null> {
  const { rows } = await tx.query<{ status: string }>('select status from app.restore_tenant($1)', [
    ownerUserId,
  ]);
  return rows[0]?.status ?? null;
}

/** Removes at most `most` rows for good. 0: nothing is left; -1: another server is at it. */
export async function purgeRows(tx: TenantTransaction, most: number): Promise<number> {
  const { rows } = await tx.query<{ removed: number }>('select app.purge_tenant($1) as removed', [
    most,
  ]);
  return rows[0]?.removed ?? 0;
}
