import type { MemberRole } from '../../db/tables/members.ts';

const ranks: Record<MemberRole, number> = { OWNER: 4, ADMIN: 3, MEMBER: 2, VIEWER: 1 };

/** Nobody gives, changes or takes away a role above their own. */
export const reaches = (own: MemberRole, other: MemberRole): boolean => ranks[own] >= ranks[other];

/** The roles that one may give, the highest first. */
export const rolesWithin = (own: MemberRole): MemberRole[] =>
  (Object.keys(ranks) as MemberRole[]).filter((role) => reaches(own, role));
