import type { Database } from '../db/database.ts';
import { newId } from '../lib/ids.ts';
import type { AccessTokens } from './accessToken.ts';
import { findCredentials, listMemberships, type Membership, openSession } from './lookups.ts';
import { verifyPassword } from './passwords.ts';
import type { RequestFacts } from './principal.ts';

export interface SignInRequest {
  email: string;
  password: string;
  /** Which business to sign in to; the oldest membership when left out. */
  tenantSlug?: string | undefined;
}

export interface SignedIn {
  token: string;
  expiresAt: Date;
  sessionId: string;
  userId: string;
  membership: Membership;
  memberships: Membership[];
}

/** null: refused. Unknown person, wrong password and no such membership are one answer. */
export type SignIn = (request: SignInRequest, facts: RequestFacts) => Promise<SignedIn | null>;

const sessionDays = 30;

export function createSignIn(database: Database, tokens: AccessTokens): SignIn {
  return async ({ email, password, tenantSlug }, facts) => {
    const credentials = await findCredentials(database, email.trim());
    const right = await verifyPassword(credentials?.password_hash ?? null, password);
    if (!right || credentials === null) return null;
    const memberships = await listMemberships(database, credentials.user_id);
    const open = memberships.filter(({ status }) => status !== 'DELETING');
    const membership =
      tenantSlug === undefined ? open[0] : open.find(({ slug }) => slug === tenantSlug);
    if (membership === undefined) return null;
    const sessionId = newId();
    await openSession(database, {
      id: sessionId,
      userId: credentials.user_id,
      expiresAt: new Date(Date.now() + sessionDays * 86_400_000),
      ip: facts.ip,
      userAgent: facts.userAgent,
    });
    const { token, expiresAt } = await tokens.issue({
      userId: credentials.user_id,
      tenantId: membership.tenant_id,
      sessionId,
      role: membership.role,
    });
    return { token, expiresAt, sessionId, userId: credentials.user_id, membership, memberships };
  };
}
