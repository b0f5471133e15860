import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import { refuse } from '../../lib/errors.ts';
import { lockOwnTenant, type Tenant } from '../tenants/tenants.queries.ts';
import { lockMember, type Member } from './members.queries.ts';
import { reaches } from './roles.ts';

/**
 * Takes the business's row, and reads behind it who acts: changes of who is in a business go one after
 * the other, so that owners and seats can be counted. What the caller was when the request came may be
 * over by now. Refuses with ROLE_TOO_LOW who has lost the right meanwhile.
 */
export async function lockActing(
  tx: TenantTransaction,
  actor: Actor,
  needed: MemberRole,
): Promise<{ tenant: Tenant; acting: Member }> {
  const tenant = await lockTenant(tx);
  const [acting] = actor.memberId === null ? [] : await lockMember(tx, { id: actor.memberId });
  if (acting === undefined || !reaches(acting.role, needed)) refuseRole(null);
  return { tenant, acting };
}

export async function lockTenant(tx: TenantTransaction): Promise<Tenant> {
  const [tenant] = await lockOwnTenant(tx);
  if (tenant === undefined) throw new Error('the tenant of the transaction is gone');
  return tenant;
}

export function refuseRole(field: readonly string[] | null): never {
  refuse('ROLE_TOO_LOW', field, 'Only somebody of that role, or above, may do this.');
}
