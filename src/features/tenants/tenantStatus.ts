import { announceIdentityChange } from '../../auth/identityChanges.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockOwnTenant, setStatus, type Tenant, undoDeletion } from './tenants.queries.ts';

// What only operators do. The transaction is one of the operator's database role with the tenant set;
// the server's role has no right to these columns, so the same call by it fails in Postgres.

/**
 * Suspends: the business can read and export, nothing else, on every instance within a second. Twice is
 * once. Refuses with NOT_FOUND, or BEING_DELETED.
 */
export async function suspendTenant(
  tx: TenantTransaction,
  actor: Actor,
  reason: string | null,
): Promise<Tenant> {
  const tenant = await requireTenant(tx);
  if (tenant.status === 'SUSPENDED') return tenant;
  const changed = await setStatus(tx, 'SUSPENDED', { statusBeforeSuspension: tenant.status });
  return note(tx, actor, 'tenant.suspended', tenant, changed, { reason });
}

/** Ends a suspension: it is on trial again if it was. Twice is once. Refuses as suspendTenant does. */
export async function reactivateTenant(tx: TenantTransaction, actor: Actor): Promise<Tenant> {
  const tenant = await requireTenant(tx);
  if (tenant.status !== 'SUSPENDED') return tenant;
  const status = tenant.statusBeforeSuspension ?? 'ACTIVE';
  const changed = await setStatus(tx, status, { statusBeforeSuspension: null });
  return note(tx, actor, 'tenant.reactivated', tenant, changed, {});
}

/**
 * Undoes a deletion within its grace, whoever asked for it. Twice is once. Refuses with NOT_FOUND, or
 * TOO_LATE: its rows are being removed.
 */
export async function restoreDeletedTenant(tx: TenantTransaction, actor: Actor): Promise<Tenant> {
  const changed = await undoDeletion(tx);
  if (changed !== undefined) {
    return note(tx, actor, 'tenant.restored', { status: 'DELETING' }, changed, {});
  }
  const [tenant] = await lockOwnTenant(tx);
  if (tenant === undefined) refuse('NOT_FOUND', null, 'There is no such business.');
  if (tenant.status !== 'DELETING') return tenant;
  refuse('TOO_LATE', null, 'Its grace is over: its rows are being removed for good.');
}

/** The tenant, held until COMMIT. Refuses with NOT_FOUND, or BEING_DELETED. */
export async function requireTenant(tx: TenantTransaction): Promise<Tenant> {
  const [tenant] = await lockOwnTenant(tx);
  if (tenant === undefined) refuse('NOT_FOUND', ['input', 'id'], 'There is no such business.');
  if (tenant.status === 'DELETING') {
    refuse('BEING_DELETED', null, 'The business is being deleted; it has to be restored first.');
  }
  return tenant;
}

async function note(
  tx: TenantTransaction,
  actor: Actor,
  action: string,
  before: Pick<Tenant, 'status'>,
  after: Tenant | undefined,
  why: Readonly<Record<string, unknown>>,
): Promise<Tenant> {
  if (after === undefined) throw new Error('a locked tenant was not updated');
  await Promise.all([
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, {
      action,
      targetType: 'Tenant',
      targetId: tx.tenantId,
      before: { status: before.status },
      after: { status: after.status, ...why },
    }),
  ]);
  return after;
}
