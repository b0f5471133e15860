import { errors, jwtVerify, SignJWT } from 'jose';
import { isUuid } from '../lib/ids.ts';
import { type SigningKeys, signingAlgorithm } from './signingKeys.ts';

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

const issuer = 'tenantry';
const audience = 'tenantry-api';
const clockSkewSeconds = 60;

/**
 * JWTs as RFC 9068 has them (`typ: at+jwt`): one algorithm, a key by `kid` from our own set only, and
 * exp, iss, aud, sub required. Header fields that name a key by themselves (jwk, jku, x5u, x5c) and
 * any `crit` are refused before a signature is looked at.
 */
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
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(keys.current.key);
      return { token, expiresAt };
    },

    async verify(token) {
      try {
        const { payload } = await jwtVerify(
          token,
          (header) => {
            const key = header.kid === undefined ? undefined : keys.verifying.get(header.kid);
            const strange = ['jwk', 'jku', 'x5u', 'x5c', 'crit'].some((name) => name in header);
            if (key === undefined || strange) throw new errors.JOSENotSupported('unknown key');
            return key;
          },
          {
            algorithms: [signingAlgorithm],
            issuer,
            audience,
            typ: 'at+jwt',
            requiredClaims: ['exp', 'iss', 'aud', 'sub', 'sid'],
            clockTolerance: clockSkewSeconds,
          },
        );
        const { sub, tid, sid, role, exp } = payload;
        const tenant = tid === undefined && role === undefined ? null : readTenant(tid, role);
        return isId(sub) && isId(sid) && tenant !== undefined && exp !== undefined
          ? { userId: sub, sessionId: sid, tenant, expiresAt: new Date(exp * 1000) }
          : null;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        throw error;
      }
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
