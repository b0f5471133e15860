import type { Database } from '../db/database.ts';
import { refuse } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import type { AccessTokens } from './accessToken.ts';
import {
  adoptHome,
  endSession,
  findSession,
  type LiveSession,
  listSessions,
  openSession,
  rotateRefreshToken,
} from './accountLookups.ts';
import type { Attempts } from './attempts.ts';
import { listMemberships, type Membership } from './lookups.ts';
import { hashOpaqueToken, makeRefreshToken } from './opaqueToken.ts';
import type { Person, RequestFacts } from './principal.ts';
import type { SignInJournal } from './signInJournal.ts';

/** A session ends when it was not refreshed for 30 days, and 180 days after the sign-in in any case. */
export const sessionIdleSeconds = 30 * 86_400;
const sessionLongestSeconds = 180 * 86_400;
/**
 * A used refresh token that comes again so soon is one client asking twice (two tabs): it is refused,
 * and the session goes on. Longer, and a thief who is quick would stay unnoticed; none at all, and two
 * tabs that wake at once would sign their person out.
 */
const graceSeconds = 10;

/** Which business, by id (UUID) or slug. */
export type TenantReference = { readonly id: string } | { readonly slug: string };

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
  /** null: the token is for the account alone. */
  readonly membership: Membership | null;
}

export interface RefreshedToken extends IssuedToken {
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

export interface Sessions {
  /** Begins a session for somebody whose password was set with this hash just now. null: it is another. */
  begin(
    who: { userId: string; passwordHash: string; membership: Membership },
    facts: RequestFacts,
  ): Promise<RefreshedToken | null>;
  /**
   * For the tenant that is asked for and that the request names beside it (null: nobody's), which must
   * be one. Without either: the business of the sign-in, or the account alone if they left it.
   */
  refresh(
    refreshToken: string,
    tenant: TenantReference | null,
    named: string | null | undefined,
    facts: RequestFacts,
  ): Promise<RefreshedToken>;
  /** A token of the same session for another business. */
  switchTenant(person: Person, tenant: TenantReference, facts: RequestFacts): Promise<IssuedToken>;
  list(person: Person): Promise<LiveSession[]>;
  /** false: no such session of theirs. */
  revoke(person: Person, sessionId: string, facts: RequestFacts): Promise<boolean>;
  /** Ends the session of the person, or of the refresh token; both are fine when it has ended before. */
  signOut(who: Person | { refreshToken: string }, facts: RequestFacts): Promise<void>;
}

export function createSessions(
  database: Database,
  tokens: AccessTokens,
  attempts: Attempts,
  journal: SignInJournal,
): Sessions {
  async function issue(
    userId: string,
    sessionId: string,
    membership: Membership | null,
  ): Promise<IssuedToken> {
    const tenant = membership && { id: membership.tenant_id, role: membership.role };
    return { ...(await tokens.issue({ userId, sessionId, tenant })), membership };
  }

  return {
    async begin({ userId, passwordHash, membership }, facts) {
      const id = newId();
      const refresh = makeRefreshToken();
      const homeTenantId = membership.tenant_id;
      const session = { id, userId, verifiedHash: passwordHash, homeTenantId };
      const refreshExpiresAt = await openSession(
        database,
        { ...session, refreshHash: refresh.hash, idleSeconds: sessionIdleSeconds },
        facts,
      );
      if (refreshExpiresAt === null) return null;
      const issued = await issue(userId, id, membership);
      return { ...issued, refreshToken: refresh.secret, refreshExpiresAt };
    },

    async refresh(refreshToken, tenant, named, facts) {
      await attempts.take('refresh', facts);
      const oldHash = hashOpaqueToken(refreshToken);
      const next = makeRefreshToken();
      const rotation =
        oldHash === null
          ? null
          : await rotateRefreshToken(
              database,
              {
                oldHash,
                newHash: next.hash,
                tenantId: wantedId(tenant, named),
                tenantSlug: tenant !== null && 'slug' in tenant ? tenant.slug : null,
                idleSeconds: sessionIdleSeconds,
                longestSeconds: sessionLongestSeconds,
                graceSeconds,
              },
              facts,
            );
      if (rotation?.outcome === 'TWICE') {
        refuse(
          'ALREADY_REFRESHED',
          null,
          'This refresh token was used a moment ago; use the one that came of it.',
        );
      }
      if (rotation?.outcome === 'NO_MEMBERSHIP') return refuseTenant();
      if (rotation?.outcome !== 'ROTATED') {
        refuse('SESSION_ENDED', null, 'The refresh token is good no more; sign in again.');
      }
      const { user_id: userId, session_id: sessionId, tenant_id: tenantId } = rotation;
      const [memberships] = await Promise.all([
        listMemberships(database, userId),
        attempts.succeed('refresh', facts),
      ]);
      const membership = memberships.find((each) => each.tenant_id === tenantId) ?? null;
      const issued = await issue(userId, sessionId, membership);
      return { ...issued, refreshToken: next.secret, refreshExpiresAt: rotation.expires_at };
    },

    async switchTenant({ userId, sessionId, name }, tenant, facts) {
      const memberships = await listMemberships(database, userId);
      const membership = memberships.find(
        ({ status, ...each }) =>
          status !== 'DELETING' &&
          ('id' in tenant ? each.tenant_id === tenant.id : each.slug === tenant.slug),
      );
      if (membership === undefined) return refuseTenant();
      await journal.switched({ userId, name, membership }, facts);
      await adoptHome(database, sessionId, membership.tenant_id);
      return issue(userId, sessionId, membership);
    },

    list: ({ userId }) => listSessions(database, userId),

    revoke: ({ userId }, sessionId, facts) =>
      endSession(database, { userId, sessionId, action: 'member.sessionRevoked' }, facts),

    async signOut(who, facts) {
      const action = 'member.signedOut';
      if ('userId' in who) {
        const { userId, sessionId } = who;
        await endSession(database, { userId, sessionId, action }, facts);
        return;
      }
      await attempts.take('refresh', facts);
      const hash = hashOpaqueToken(who.refreshToken);
      const found = hash === null ? null : await findSession(database, hash);
      if (found === null) return;
      const { user_id: userId, session_id: sessionId } = found;
      await endSession(database, { userId, sessionId, action }, facts);
    },
  };
}

/** An id of nobody's where two are named or none is: it is asked for all the same, and takes as long. */
function wantedId(tenant: TenantReference | null, named: string | null | undefined): string | null {
  const given = tenant !== null && 'id' in tenant ? tenant.id : null;
  if (named === undefined) return given;
  return named === null || (given !== null && given !== named) ? newId() : named;
}

function refuseTenant(): never {
  refuse('NOT_FOUND', ['input', 'tenant'], 'There is no such business that you belong to.');
}
