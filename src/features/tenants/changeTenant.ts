import { announceIdentityChange } from '../../auth/identityChanges.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { changedFields, recordAudit } from '../audit/audit.ts';
import { refusingTakenSlugs } from './createTenant.ts';
import { renameTenant, requestDeletion, restoreRow } from './lifecycle.queries.ts';
import { checkTenant, type TenantFields } from './tenantInput.ts';
import { lockOwnTenant, type Tenant, updateTenant } from './tenants.queries.ts';

/** Former slugs keep leading to a business, so each renaming takes one from everybody for good. */
const mostSlugs = 10;

/** Changes what is given; null clears the description. Refuses as tenantErrorCodes say. */
export async function changeTenant(
  tx: TenantTransaction,
  actor: Actor,
  fields: TenantFields,
): Promise<Tenant> {
  checkTenant(fields);
  const [before] = await lockOwnTenant(tx);
  if (before === undefined) throw new Error('the tenant of the transaction is gone');
  const slug = fields.slug ?? before.slug;
  const columns = {
    name: fields.name?.trim() ?? before.name,
    description: fields.description === undefined ? before.description : fields.description,
    metadata: fields.metadata ? { ...fields.metadata } : before.metadata,
  };
  const changes = changedFields(before, { ...columns, slug });
  if (Object.keys(changes.after).length === 0) return before;
  if (slug !== before.slug && !(await refusingTakenSlugs(renameTenant(tx, slug, mostSlugs)))) {
    refuse('SLUG_LIMIT', ['input', 'slug'], `It has had ${mostSlugs} slugs; take one of those.`);
  }
  const [after] = await Promise.all([
    updateTenant(tx, columns),
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, {
      action: 'tenant.updated',
      targetType: 'Tenant',
      targetId: tx.tenantId,
      ...changes,
    }),
  ]);
  return after ?? before;
}

/**
 * Ends a business: nobody gets in from now on, on any instance within a second, and after `graceDays` its
 * rows are removed for good. `confirmation` is its slug. Refuses with CONFIRMATION_WRONG.
 */
export async function deleteTenant(
  tx: TenantTransaction,
  actor: Actor,
  confirmation: string,
  graceDays: number,
): Promise<{ purgeAt: Date | string }> {
  const [tenant] = await lockOwnTenant(tx);
  if (tenant === undefined) throw new Error('the tenant of the transaction is gone');
  if (confirmation !== tenant.slug) {
    refuse(
      'CONFIRMATION_WRONG',
      ['input', 'confirmation'],
      'Give the slug of the business that you are signed in to, to show that you mean it.',
    );
  }
  const purgeAt = await requestDeletion(tx, graceDays);
  if (purgeAt === null) return { purgeAt: tenant.purgeAt ?? new Date() };
  await Promise.all([
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, {
      action: 'tenant.deletionRequested',
      targetType: 'Tenant',
      targetId: tx.tenantId,
      before: { status: tenant.status },
      after: { status: 'DELETING', purgeAt },
    }),
  ]);
  return { purgeAt };
}

/**
 * Undoes a deletion within its grace. Refuses with NOT_FOUND: there is no such business, it is not being
 * deleted, or the actor is no owner of it; which one is not said.
 */
export async function restoreTenant(
  tx: TenantTransaction,
  actor: Omit<Actor, 'id'> & { id: string },
): Promise<void> {
  const status = await restoreRow(tx, actor.id);
  if (status === null) refuseRestoration();
  await Promise.all([
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, {
      action: 'tenant.restored',
      targetType: 'Tenant',
      targetId: tx.tenantId,
      before: { status: 'DELETING' },
      after: { status },
    }),
  ]);
}

function refuseRestoration(): never {
  refuse(
    'NOT_FOUND',
    ['input', 'slug'],
    'You own no business of this slug that is being deleted and can still be restored.',
  );
}
