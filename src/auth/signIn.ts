import type { Database } from '../db/database.ts';
import { newId } from '../lib/ids.ts';
import type { AccessTokens } from './accessToken.ts';
import { failSignIn, openSession } from './accountLookups.ts';
import type { Attempts } from './attempts.ts';
import { findCredentials, listMemberships, type Membership } from './lookups.ts';
import { makeRefreshToken } from './opaqueToken.ts';
import { verifyPassword } from './passwords.ts';
import type { RequestFacts } from './principal.ts';
import { type RefreshedToken, sessionIdleSeconds } from './sessions.ts';
import type { SignInJournal } from './signInJournal.ts';

export interface SignInRequest {
  email: string;
  password: string;
  /** Which business to sign in to; the oldest membership when left out. */
  tenantSlug?: string | undefined;
  /** The business that the request itself names, by its host for example; null: there is none of the name. */
  tenantId?: string | null | undefined;
}

/**
 * null: refused. Unknown person, wrong password and no such membership are one answer. Somebody who
 * belongs to no business, and names none, gets a token for their account alone. Throws TooManyAttempts.
 */
export type SignIn = (
  request: SignInRequest,
  facts: RequestFacts,
) => Promise<RefreshedToken | null>;

export function createSignIn(
  database: Database,
  tokens: AccessTokens,
  attempts: Attempts,
  journal: SignInJournal,
): SignIn {
  async function listOpen(userId: string): Promise<Membership[]> {
    const memberships = await listMemberships(database, userId);
    return memberships.filter(({ status }) => status !== 'DELETING');
  }

  return async ({ email, password, tenantSlug, tenantId }, facts) => {
    await attempts.take('password', facts, email);
    const credentials = await findCredentials(database, email.trim());
    const right = await verifyPassword(credentials?.password_hash ?? null, password);
    const wanted = { email: email.trim(), tenantSlug, tenantId };
    if (credentials === null || !right) {
      await failSignIn(database, wanted, facts);
      return null;
    }
    const { user_id: userId, name, password_hash: verifiedHash } = credentials;
    const memberships = await listOpen(userId);
    const membership = chosen(memberships, tenantSlug, tenantId) ?? null;
    if (membership === null && (tenantSlug ?? tenantId) !== undefined) {
      await failSignIn(database, wanted, facts);
      return null;
    }
    const id = newId();
    const refresh = makeRefreshToken();
    const homeTenantId = membership?.tenant_id ?? null;
    const session = { id, userId, verifiedHash, homeTenantId, refreshHash: refresh.hash };
    const refreshExpiresAt = await openSession(
      database,
      { ...session, idleSeconds: sessionIdleSeconds },
      facts,
    );
    if (refreshExpiresAt === null) return null; // the password was changed just now
    if (membership !== null) await journal.succeeded({ userId, name, membership }, facts);
    await attempts.succeed('password', facts, email);
    const tenant = membership && { id: membership.tenant_id, role: membership.role };
    const issued = await tokens.issue({ userId, sessionId: id, tenant });
    return { ...issued, membership, refreshToken: refresh.secret, refreshExpiresAt };
  };
}

/** The oldest membership when no business is named; where two are named there is none. */
function chosen(
  open: readonly Membership[],
  tenantSlug: string | undefined,
  tenantId: string | null | undefined,
) {
  return open.find(
    ({ slug, tenant_id }) =>
      (tenantSlug === undefined || slug === tenantSlug) &&
      (tenantId === undefined || tenant_id === tenantId),
  );
}
