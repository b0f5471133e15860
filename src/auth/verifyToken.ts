import { errors, type JWTPayload, jwtVerify } from 'jose';
import { type SigningKeys, signingAlgorithm } from './signingKeys.ts';

/** Whose tokens: tenants' members and platform operators are two realms that share nothing but the keys. */
export interface TokenRealm {
  readonly issuer: string;
  readonly audience: string;
  readonly requiredClaims: readonly string[];
}

const clockSkewSeconds = 60;

/**
 * A JWT as RFC 9068 has it (`typ: at+jwt`), of this realm, signed by one of our own keys with our one
 * algorithm → its claims. Header fields that name a key by themselves (jwk, jku, x5u, x5c) and any
 * `crit` are refused before a signature is looked at. null for anything else, whatever is wrong with it.
 */
export async function verifyToken(
  keys: SigningKeys,
  realm: TokenRealm,
  token: string,
): Promise<JWTPayload | null> {
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
        issuer: realm.issuer,
        audience: realm.audience,
        typ: 'at+jwt',
        requiredClaims: ['exp', 'iss', 'aud', 'sub', ...realm.requiredClaims],
        clockTolerance: clockSkewSeconds,
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    throw error;
  }
}
