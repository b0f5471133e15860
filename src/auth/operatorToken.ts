import { SignJWT } from 'jose';
import { isUuid } from '../lib/ids.ts';
import { type SigningKeys, signingAlgorithm } from './signingKeys.ts';
import { type TokenRealm, verifyToken } from './verifyToken.ts';

export interface OperatorClaims {
  operatorId: string;
  sessionId: string;
}

export interface OperatorTokens {
  issue(claims: OperatorClaims): Promise<{ token: string; expiresAt: Date }>;
  /** null for anything that is not a valid token of an operator, a tenant's included. */
  verify(token: string): Promise<OperatorClaims | null>;
}

const realm: TokenRealm = {
  issuer: 'tenantry/operator',
  audience: 'tenantry-api/operator',
  requiredClaims: ['sid'],
};

/** Tokens for /operator/graphql alone: another issuer and another audience than any tenant's. */
export function operatorTokens(keys: SigningKeys, lifetimeSeconds: number): OperatorTokens {
  return {
    async issue({ operatorId, sessionId }) {
      const expiresAt = new Date(Math.floor(Date.now() / 1000 + lifetimeSeconds) * 1000);
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: signingAlgorithm, kid: keys.current.kid, typ: 'at+jwt' })
        .setSubject(operatorId)
        .setIssuer(realm.issuer)
        .setAudience(realm.audience)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(keys.current.key);
      return { token, expiresAt };
    },

    async verify(token) {
      const { sub, sid } = (await verifyToken(keys, realm, token)) ?? {};
      return typeof sub === 'string' && isUuid(sub) && typeof sid === 'string' && isUuid(sid)
        ? { operatorId: sub, sessionId: sid }
        : null;
    },
  };
}
