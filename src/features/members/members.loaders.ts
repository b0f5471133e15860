import type { OperationContext } from '../../graphql/context.ts';
import { defineLoader } from '../../graphql/loader.ts';
import { findInvitationsByIds, type Invitation } from './invitations.queries.ts';
import { countOwners, findMembersByIds, type Member } from './members.queries.ts';

export const loadMember = defineLoader<Member>(
  (tx, ids) => findMembersByIds(tx, { ids }),
  (member) => member.id,
);

export const loadInvitation = defineLoader<Invitation>(
  (tx, ids) => findInvitationsByIds(tx, { ids }),
  (invitation) => invitation.id,
);

const loadOwnerCount = defineLoader<{ count: number }>(
  (tx) => countOwners(tx),
  () => 'OWNER',
);

/** One statement, however many members of a page ask. */
export const countOwnersOnce = async (context: OperationContext): Promise<number> =>
  (await loadOwnerCount(context, 'OWNER'))?.count ?? 0;
