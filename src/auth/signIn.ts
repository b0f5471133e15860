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
  /** The business that the request itself names, by its host for example; null: there is none of the name. */
  tenantId?: string | null | undefined;
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

/** Where sign-ins are written down. */
export interface SignInJournal {
  /** Resolves when it is written: nobody is signed in without. */
  succeeded(
    who: { userId: string; name: string; membership: Membership },
    facts: RequestFacts,
  ): Promise<void>;
  /** Somebody knew a person's address and not the rest. Returns at once; undefined: nowhere to write it. */
  failed(findMembership: () => Promise<Membership | undefined>, facts: RequestFacts): void;
}

const sessionDays = 30;

export function createSignIn(
  database: Database,
  tokens: AccessTokens,
  journal: SignInJournal,
): SignIn {
  async function listOpen(userId: string): Promise<Membership[]> {
    const memberships = await listMemberships(database, userId);
    return memberships.filter(({ status }) => status !== 'DELETING');
  }

  return async ({ email, password, tenantSlug, tenantId }, facts) => {
    const credentials = await findCredentials(database, email.trim());
    const right = await verifyPassword(credentials?.password_hash ?? null, password);
    if (credentials === null) return null;
    if (!right) {
      journal.failed(async () => {
        const open = await listOpen(credentials.user_id);
        return chosen(open, tenantSlug, tenantId) ?? open[0];
      }, facts);
      return null;
    }
    const memberships = await listOpen(credentials.user_id);
    const membership = chosen(memberships, tenantSlug, tenantId);
    if (membership === undefined) {
      journal.failed(async () => memberships[0], facts);
      return null;
    }
    const sessionId = newId();
    await openSession(database, {
      id: sessionId,
      userId: credentials.user_id,
      expiresAt: new Date(Date.now() + sessionDays * 86_400_000),
      ip: facts.ip,
      userAgent: facts.userAgent,
    });
    const { user_id: userId, name } = credentials;
    await journal.succeeded({ userId, name, membership }, facts);
    const { token, expiresAt } = await tokens.issue({
      userId,
      tenantId: membership.tenant_id,
      sessionId,
      role: membership.role,
    });
    return { token, expiresAt, sessionId, userId, membership, memberships };
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
