import type { TenantTransaction } from '../db/database.ts';

/** Heard by every instance; the payload is the UUID of a key, session, member or tenant. */
export const identityChannel = 'tenantry_identity';

/**
 * Tells every instance, with this transaction's COMMIT, to forget what it knows of a key, a session, a
 * member or a tenant.
 */
export async function announceIdentityChange(tx: TenantTransaction, id: string): Promise<void> {
  await tx.query('select pg_notify($1, $2)', [identityChannel, id]);
}
