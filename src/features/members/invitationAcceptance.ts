import { announceIdentityChange } from '../../auth/identityChanges.ts';
import { findTenant } from '../../auth/lookups.ts';
import { hashOpaqueToken } from '../../auth/opaqueToken.ts';
import { expectGoodPassword } from '../../auth/passwordRules.ts';
import { hashPassword } from '../../auth/passwords.ts';
import { rolePermissions } from '../../auth/permissions.ts';
import type { Person } from '../../auth/principal.ts';
import { refuseToken } from '../../auth/registration.ts';
import type { IssuedToken, RefreshedToken } from '../../auth/sessions.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { onConstraint } from '../../db/query/constraints.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { Findings } from '../../lib/validation.ts';
import { recordAudit } from '../audit/audit.ts';
import { findOwnTenant, type Tenant } from '../tenants/tenants.queries.ts';
import { readFreeSeats } from '../usage/usage.ts';
import { lockTenant } from './acting.ts';
import {
  admitInvited,
  findInvitedUser,
  findOpenInvitation,
  type Invitation,
  type InvitedUser,
  lockOpenInvitation,
  markAccepted,
} from './invitations.queries.ts';
import { refuseSeat, removeRoutes } from './invitations.ts';
import { refuseSuspended } from './memberChanges.ts';
import { findMembersByIds, insertMember, type Member } from './members.queries.ts';

/** What an open invitation says to who holds its token. */
export interface Preview {
  readonly invitation: Invitation;
  readonly tenant: Tenant;
  readonly inviter: Member;
  /** Whose address it is; null: it has no account. */
  readonly user: InvitedUser | null;
}

/** Throws TooManyAttempts; refuses with INVALID_TOKEN what is no token of an open invitation. */
export async function previewInvitation(
  context: OperationContext,
  token: string,
): Promise<Preview & { tokenHash: string }> {
  const { attempts, database } = context.services;
  await attempts.take('token', context.request);
  const tokenHash = hashOpaqueToken(token);
  const found = tokenHash === null ? null : await findTenant(database, 'INVITATION', tokenHash);
  if (tokenHash === null || found === null || found.status === 'DELETING') return refuseToken();
  const preview = await context.readApart(found.id, (tx) => readPreview(tx, tokenHash));
  if (preview === null) return refuseToken();
  await attempts.succeed('token', context.request);
  return { ...preview, tokenHash };
}

async function readPreview(tx: TenantTransaction, tokenHash: string): Promise<Preview | null> {
  const [[invitation], [tenant], user] = await Promise.all([
    findOpenInvitation(tx, { tokenHash }),
    findOwnTenant(tx),
    findInvitedUser(tx, tokenHash),
  ]);
  if (invitation === undefined || tenant === undefined) return null;
  const [inviter] = await findMembersByIds(tx, { ids: [invitation.invitedById] });
  return inviter === undefined ? null : { invitation, tenant, inviter, user };
}

/** Who is about to join: somebody with an account who is signed in to it, or somebody new. */
type Joining = { readonly userId: string; readonly name: string } & (
  | { readonly person: Person }
  | { readonly passwordHash: string }
);

/**
 * Makes whoever holds the token a member, and signs them in to the business. Without an account one is
 * made of `name` and `password`: the mail that the token came by proves the address. Refuses as
 * acceptanceErrorCodes say.
 */
export async function acceptInvitation(
  context: OperationContext,
  given: { token: string; name?: string | null | undefined; password?: string | null | undefined },
): Promise<RefreshedToken | IssuedToken> {
  const preview = await previewInvitation(context, given.token);
  const joining = await readJoining(context, preview, given);
  const userId = await context.apart(preview.tenant.id, (tx) =>
    join(tx, context, preview.tokenHash, joining),
  );
  const { sessions, listMemberships } = context.services;
  if ('person' in joining) {
    return sessions.switchTenant(joining.person, { id: preview.tenant.id }, context.request);
  }
  const memberships = await listMemberships(userId);
  const membership = memberships.find(({ tenant_id }) => tenant_id === preview.tenant.id);
  if (membership === undefined) return refuseToken(); // removed again within the moment
  const { passwordHash } = joining;
  const signedIn = await sessions.begin({ userId, passwordHash, membership }, context.request);
  return signedIn ?? refuseSignIn();
}

async function readJoining(
  context: OperationContext,
  { invitation, user }: Preview,
  given: { name?: string | null | undefined; password?: string | null | undefined },
): Promise<Joining> {
  if (context.principal !== null || context.account !== null) {
    const person = context.requirePerson();
    const { userId, name } = person;
    if (userId === user?.user_id) return { userId, name, person };
    refuse(
      'WRONG_ACCOUNT',
      null,
      `The invitation is for ${invitation.email}: sign in to that account, or sign out to make one.`,
    );
  }
  if (user?.has_password) return refuseSignIn();
  const { name, password } = given;
  if (!name || !password) {
    refuse('ACCOUNT_NEEDED', ['input'], 'Give a name and a password for your new account.');
  }
  const findings = new Findings();
  findings.expectText(name, { min: 1, max: 100 }, ['input', 'name']);
  expectGoodPassword(findings, password, invitation.email, ['input', 'password']);
  findings.settle();
  // Before the transaction: it would hold the business's row for as long as a hash takes.
  return { userId: newId(), name: name.trim(), passwordHash: await hashPassword(password) };
}

function refuseSignIn(): never {
  refuse('SIGN_IN_FIRST', null, 'You have an account: sign in to it, then accept once more.');
}

/** One after the other within a business, so that no seat is given twice. */
async function join(
  tx: TenantTransaction,
  { request }: OperationContext,
  tokenHash: string,
  joining: Joining,
): Promise<string> {
  const tenant = await lockTenant(tx);
  const [invitation] = await lockOpenInvitation(tx, { tokenHash });
  if (invitation === undefined || tenant.status === 'DELETING') return refuseToken();
  if (tenant.status === 'SUSPENDED') refuseSuspended();
  if ((await readFreeSeats(tx)) === 0) refuseSeat();
  const userId = 'person' in joining ? joining.userId : await admitInvited(tx, tokenHash, joining);
  if (userId === null) return refuseSignIn();
  const { email, role } = invitation;
  const { name } = joining;
  const id = newId();
  await onConstraint(insertMember(tx, { id, userId, role, name, email }), {
    members_tenant_id_user_id_key: () =>
      refuse('ALREADY_MEMBER', null, 'You are in the business already.'),
  });
  await markAccepted(tx, { id: invitation.id });
  await removeRoutes(tx, [invitation]);
  const permissions = rolePermissions[role];
  const actor = { kind: 'USER' as const, id: userId, name, memberId: id, permissions, ...request };
  await Promise.all([
    // They may be known to some server as a member of nothing.
    announceIdentityChange(tx, userId),
    recordAudit(tx, actor, {
      action: 'invitation.accepted',
      targetType: 'Invitation',
      targetId: invitation.id,
      before: { acceptedAt: null },
      after: { email, role },
    }),
    recordAudit(tx, actor, {
      action: 'member.joined',
      targetType: 'Member',
      targetId: id,
      after: { email, role },
    }),
  ]);
  return userId;
}
