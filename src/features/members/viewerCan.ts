import type { Principal } from '../../auth/principal.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import type { Invitation } from './invitations.queries.ts';
import type { Member } from './members.queries.ts';
import { reaches, rolesWithin } from './roles.ts';

// What the mutations will say, for a page to show or hide a button by. They decide by themselves, on
// what is true then.

type Asking = Principal | null;

const manages = (asking: Asking, role: MemberRole): boolean =>
  asking?.kind === 'USER' && asking.permissions.has('members:write') && reaches(asking.role, role);

/** The roles that they may give to others, the highest first. */
export const rolesToGive = (asking: Asking): MemberRole[] =>
  asking?.kind === 'USER' && asking.permissions.has('members:write')
    ? rolesWithin(asking.role)
    : [];

export const canManageInvitation = (asking: Asking, { role }: Invitation): boolean =>
  manages(asking, role);

export async function canChangeRole(
  asking: Asking,
  member: Member,
  countOwners: () => Promise<number>,
): Promise<boolean> {
  if (member.userId === null || !manages(asking, member.role)) return false;
  return member.role !== 'OWNER' || (await countOwners()) > 1;
}

export async function canRemove(
  asking: Asking,
  member: Member,
  countOwners: () => Promise<number>,
): Promise<boolean> {
  const isOneself = asking?.kind === 'USER' && asking.memberId === member.id;
  return !isOneself && canChangeRole(asking, member, countOwners);
}
