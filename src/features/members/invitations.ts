import { takeInvitation } from '../../auth/attempts.ts';
import { queueMail } from '../../auth/mailQueue.ts';
import { makeOneTimeToken } from '../../auth/opaqueToken.ts';
import type { Actor } from '../../auth/principal.ts';
import { expectEmail } from '../../auth/registration.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import type { MemberRole } from '../../db/tables/members.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import { readFreeSeats } from '../usage/usage.ts';
import { lockActing, refuseRole } from './acting.ts';
import {
  closeExpired,
  deleteTokenRoutes,
  type Invitation,
  insertInvitation,
  insertTokenRoute,
  lockInvitation,
  markRevoked,
  renewInvitation,
  revokeUnbacked,
} from './invitations.queries.ts';
import { invitationMail } from './memberMails.ts';
import { findMemberByEmail, type Member } from './members.queries.ts';
import { reaches, rolesWithin } from './roles.ts';

const invitationSeconds = 48 * 3_600;

/**
 * Mails a token with which its reader joins the business. An invitation takes no seat of the plan (it
 * would be a way to use them up); who accepts does. Refuses as invitationErrorCodes say.
 */
export async function inviteMember(
  tx: TenantTransaction,
  actor: Actor,
  given: { email: string; role: MemberRole },
  publicUrl: string,
): Promise<Invitation> {
  const findings = new Findings();
  const at = ['input', 'email'];
  expectEmail(findings, given.email, at);
  findings.expectText(given.email, { max: 254 }, at);
  findings.settle();
  const { tenant, acting } = await lockActing(tx, actor, 'ADMIN');
  if (!reaches(acting.role, given.role)) refuseRole(['input', 'role']);
  const email = given.email.trim();
  await refuseMember(tx, email, at);
  await requireSeat(tx);
  const expired = await closeExpired(tx, { email });
  await removeRoutes(tx, expired);
  const token = makeOneTimeToken();
  const values = { id: newId(), email, role: given.role, invitedById: acting.id };
  const taken = () =>
    refuse('ALREADY_INVITED', at, 'They are invited already; resend or revoke that invitation.');
  const [invitation] = await onConstraint(
    insertInvitation(tx, { ...values, tokenHash: token.hash, seconds: invitationSeconds }),
    { invitations_one_open_an_address: taken },
  );
  if (invitation === undefined) throw new Error('INSERT … RETURNING gave no row');
  await recordAudit(tx, actor, {
    action: 'invitation.sent',
    targetType: 'Invitation',
    targetId: invitation.id,
    after: { email: invitation.email, role: invitation.role, expiresAt: invitation.expiresAt },
  });
  await send(tx, { tenant, acting, invitation }, token, publicUrl);
  return invitation;
}

/** Mails a new token for another 48 hours; the former one is dead. */
export async function resendInvitation(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
  publicUrl: string,
): Promise<Invitation> {
  const { tenant, acting } = await lockActing(tx, actor, 'ADMIN');
  const before = await requireInvitation(tx, id, acting);
  if (before.closedAt !== null) return refuseClosed();
  await refuseMember(tx, before.email, ['input', 'id']);
  await requireSeat(tx);
  const token = makeOneTimeToken();
  await removeRoutes(tx, [before]);
  const [invitation] = await renewInvitation(tx, {
    ...{ id, tokenHash: token.hash, seconds: invitationSeconds },
  });
  if (invitation === undefined) throw new Error('a locked invitation was not updated');
  await recordAudit(tx, actor, {
    action: 'invitation.resent',
    targetType: 'Invitation',
    targetId: id,
    before: { expiresAt: before.expiresAt },
    after: { expiresAt: invitation.expiresAt },
  });
  await send(tx, { tenant, acting, invitation }, token, publicUrl);
  return invitation;
}

/** Its token is dead at once. Twice is once. */
export async function revokeInvitation(
  tx: TenantTransaction,
  actor: Actor,
  id: string,
): Promise<Invitation> {
  const { acting } = await lockActing(tx, actor, 'ADMIN');
  const before = await requireInvitation(tx, id, acting);
  if (before.revokedAt !== null) return before;
  if (before.closedAt !== null) return refuseClosed();
  const [invitation] = await markRevoked(tx, { id });
  if (invitation === undefined) throw new Error('a locked invitation was not updated');
  await removeRoutes(tx, [before]);
  await recordAudit(tx, actor, revocation(before, invitation));
  return invitation;
}

/**
 * Ends the invitations that a member sent and could send no longer: whoever is about to lose their
 * rights must not be able to leave others with them. `role` null: they have left.
 */
export async function revokeInvitationsOf(
  tx: TenantTransaction,
  actor: Actor,
  memberId: string,
  role: MemberRole | null,
): Promise<void> {
  const stillGiven = role !== null && reaches(role, 'ADMIN') ? rolesWithin(role) : [];
  const revoked = await revokeUnbacked(tx, { memberId, stillGiven });
  await removeRoutes(tx, revoked);
  for (const invitation of revoked) {
    await recordAudit(tx, actor, revocation({ ...invitation, revokedAt: null }, invitation));
  }
}

const revocation = (before: Invitation, after: Invitation) => ({
  action: 'invitation.revoked',
  targetType: 'Invitation' as const,
  targetId: after.id,
  before: { revokedAt: before.revokedAt },
  after: { email: after.email, revokedAt: after.revokedAt },
});

export async function removeRoutes(
  tx: TenantTransaction,
  invitations: readonly Invitation[],
): Promise<void> {
  if (invitations.length === 0) return;
  await deleteTokenRoutes(tx, { tokenHashes: invitations.map(({ tokenHash }) => tokenHash) });
}

async function requireInvitation(
  tx: TenantTransaction,
  id: string,
  acting: Member,
): Promise<Invitation> {
  const [invitation] = await lockInvitation(tx, { id });
  if (invitation === undefined) {
    refuse('NOT_FOUND', ['input', 'id'], 'There is no invitation with this id.');
  }
  if (!reaches(acting.role, invitation.role)) refuseRole(['input', 'id']);
  return invitation;
}

async function refuseMember(tx: TenantTransaction, email: string, field: readonly string[]) {
  const [member] = await findMemberByEmail(tx, { email });
  if (member !== undefined) {
    refuse('ALREADY_MEMBER', field, 'They are in the business already; change their role instead.');
  }
}

async function requireSeat(tx: TenantTransaction): Promise<void> {
  if ((await readFreeSeats(tx)) === 0) refuseSeat();
}

export function refuseSeat(): never {
  refuse('MEMBER_LIMIT', null, 'Remove somebody, or take a plan that allows more members.');
}

function refuseClosed(): never {
  refuse(
    'NOT_OPEN',
    ['input', 'id'],
    'It was accepted, revoked or followed by another; invite anew.',
  );
}

async function send(
  tx: TenantTransaction,
  about: { tenant: Tenant; acting: Member; invitation: Invitation },
  token: { secret: string; hash: string },
  publicUrl: string,
): Promise<void> {
  const { tenant, acting, invitation } = about;
  await takeInvitation(tx, invitation.email);
  await insertTokenRoute(tx, { tokenHash: token.hash });
  const names = { business: tenant.name, inviter: acting.name, role: invitation.role };
  const mail = invitationMail(publicUrl, token.secret, names);
  await queueMail(tx, { to: invitation.email, ...mail });
}
