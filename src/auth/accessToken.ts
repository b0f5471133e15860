import { SignJWT } from 'jose';
import { isUuid } from '../lib/ids.ts';
import { type SigningKeys, signingAlgorithm } from './signingKeys.ts';
import { type TokenRealm, verifyToken } from './verifyToken.ts';

/** What an access token says. Membership and session are looked up anew; `role` is for clients to show. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** null: for the person's account alone, for no business. */
  tenant: { id: string; role: string } | null;
}

export interface AccessTokens {
  issue(claims: AccessClaims): Promise<{ token: string; expiresAt: Date }>;
  /** null for anything that is not a valid access token of ours, whatever is wrong with it. */
  verify(token: string): Promise<(AccessClaims & { expiresAt: Date }) | null>;
}

const realm: TokenRealm = {
  issuer: 'tenantry',
  audience: 'tenantry-api',
  requiredClaims: ['sid'],
};

/** Short-lived access tokens for members of tenants. */
export function accessTokens(keys: SigningKeys, lifetimeSeconds: number): AccessTokens {
  return {
    async issue(claims) {
      const expiresAt = new Date(Math.floor(Date.now() / 1000 + lifetimeSeconds) * 1000);
      const { tenant } = claims;
      const token = await new SignJWT({
        sid: claims.sessionId,
        ...(tenant === null ? {} : { tid: tenant.id, role: tenant.role }),
      })
        .setProtectedHeader({ alg: signingAlgorithm, kid: keys.current.kid, typ: 'at+jwt' })
        .setSubject(claims.userId)
        .setIssuer(realm.issuer)
        .setAudience(realm.audience)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(keys.current.key);
      return { token, expiresAt };
    },

    async verify(token) {
      const payload = await verifyToken(keys, realm, token);
      if (payload === null) return null;
      const { sub, tid, sid, role, exp } = payload;
      const tenant = tid === undefined && role === undefined ? null : readTenant(tid, role);
      return isId(sub) && isId(sid) && tenant !== undefined && exp !== undefined
        ? { userId: sub, sessionId: sid, tenant, expiresAt: new Date(exp * 1000) }
        : null;
    },
  };
}

/** undefined: a claim that is there has to be a good one. */
function readTenant(tid: unknown, role: unknown): AccessClaims['tenant'] | undefined {
  return isId(tid) && typeof role === 'string' ? { id: tid, role } : undefined;
}

function isId(claim: unknown): claim is string {
  return typeof claim === 'string' && isUuid(claim);
}
