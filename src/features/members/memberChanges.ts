import { announceIdentityChange } from '../../auth/identityChanges.ts';
import { rolePermissions } from '../../auth/permissions.ts';
import type { Actor, Person, RequestFacts } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import { refuse } from '../../lib/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import { unassignConversations } from '../conversations/conversations.queries.ts';
import { lockOwnTenant, type Tenant } from '../tenants/tenants.queries.ts';
import { lockActing, refuseRole } from './acting.ts';
import { revokeInvitationsOf } from './invitations.ts';
import {
  countOwners,
  findMemberOfUser,
  lockMember,
  type Member,
  setLeft,
  setRole,
} from './members.queries.ts';
import { closeTransferOf } from './ownershipTransfers.queries.ts';
import { reaches } from './roles.ts';

/**
 * Gives a member another role; the same again changes nothing. Refuses with NOT_FOUND, LAST_OWNER, or
 * ROLE_TOO_LOW: nobody gives or takes a role above their own.
 */
export async function changeMemberRole(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  role: MemberRole,
): Promise<Member> {
  const { acting } = await lockActing(tx, actor, 'ADMIN');
  const member = await requireMember(tx, id);
  if (!reaches(acting.role, member.role)) refuseRole(['input', 'id']);
  if (!reaches(acting.role, role)) refuseRole(['input', 'role']);
  if (member.role === role) return member;
  await keepAnOwner(tx, member);
  return giveRole(tx, actor, member, role);
}

/** Writes a role that was found to be right, ends what the former one backed, and tells of it. */
export async function giveRole(
  tx: TenantTransaction,
  actor: Actor,
  before: Member,
  role: MemberRole,
): Promise<Member> {
  const [member] = await setRole(tx, { id: before.id, role });
  if (member === undefined) throw new Error('a locked member was not updated');
  if (before.role === 'OWNER') await closeTransferOf(tx, { memberId: before.id });
  await revokeInvitationsOf(tx, actor, before.id, role);
  await Promise.all([
    announceIdentityChange(tx, before.id),
    recordAudit(tx, actor, {
      action: 'member.roleChanged',
      targetType: 'Member',
      targetId: before.id,
      before: { role: before.role },
      after: { role },
    }),
  ]);
  return member;
}

/** Takes somebody out of the business. Refuses with NOT_FOUND, YOURSELF, LAST_OWNER or ROLE_TOO_LOW. */
export async function removeMember(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<Member> {
  const { acting } = await lockActing(tx, actor, 'ADMIN');
  const member = await requireMember(tx, id);
  if (member.id === acting.id) {
    refuse('YOURSELF', ['input', 'id'], 'To go yourself, use memberLeave.');
  }
  if (!reaches(acting.role, member.role)) refuseRole(['input', 'id']);
  await keepAnOwner(tx, member);
  return takeOut(tx, actor, member, 'member.removed');
}

/** Leaves the business of the transaction. Refuses with NOT_FOUND, SUSPENDED or LAST_OWNER. */
export async function leaveTenant(
  tx: TenantTransaction,
  person: Person,
  facts: RequestFacts,
): Promise<Member> {
  const { member, actor } = await lockOwn(tx, person, facts);
  await keepAnOwner(tx, member);
  return takeOut(tx, actor, member, 'member.left');
}

/**
 * The same as lockActing for a person who names a business, whichever their token is for. Refuses with
 * NOT_FOUND who is not in it, and SUSPENDED.
 */
export async function lockOwn(
  tx: TenantTransaction,
  person: Person,
  facts: RequestFacts,
): Promise<{ tenant: Tenant; member: Member; actor: Actor }> {
  const [tenant] = await lockOwnTenant(tx);
  const [member] = await findMemberOfUser(tx, { userId: person.userId });
  const gone = tenant === undefined || tenant.status === 'DELETING';
  if (gone || member === undefined) return refuseTenant();
  if (tenant.status === 'SUSPENDED') refuseSuspended();
  const permissions = rolePermissions[member.role];
  const { userId: id, name } = person;
  return {
    ...{ tenant, member },
    actor: { kind: 'USER', id, name, memberId: member.id, permissions, ...facts },
  };
}

function refuseTenant(): never {
  refuse('NOT_FOUND', ['input', 'tenantSlug'], 'There is no such business that you belong to.');
}

export function refuseSuspended(): never {
  refuse(
    'SUSPENDED',
    null,
    'The business is suspended: until that is over nothing can be changed.',
  );
}

async function requireMember(tx: TenantTransaction, id: string): Promise<Member> {
  const [member] = await lockMember(tx, { id });
  return member ?? refuse('NOT_FOUND', ['input', 'id'], 'There is no member with this id.');
}

async function keepAnOwner(tx: TenantTransaction, leaving: Member): Promise<void> {
  if (leaving.role !== 'OWNER') return;
  const [owners] = await countOwners(tx);
  if ((owners?.count ?? 0) <= 1) {
    refuse('LAST_OWNER', null, 'They are the only owner: make somebody else one first.');
  }
}

async function takeOut(
  tx: TenantTransaction,
  actor: Actor,
  before: Member,
  action: string,
): Promise<Member> {
  const unassigned = await unassignConversations(tx, { memberId: before.id });
  const [member] = await setLeft(tx, { id: before.id });
  if (member === undefined) throw new Error('a locked member was not updated');
  await closeTransferOf(tx, { memberId: before.id });
  await revokeInvitationsOf(tx, actor, before.id, null);
  await Promise.all([
    announceIdentityChange(tx, before.id),
    recordAudit(tx, actor, {
      action,
      targetType: 'Member',
      targetId: before.id,
      before: { email: before.email, role: before.role },
      after: { leftAt: member.leftAt, conversationsUnassigned: unassigned.length },
    }),
  ]);
  return member;
}
