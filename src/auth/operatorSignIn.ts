import { createHash } from 'node:crypto';
import type { OperatorDatabase } from '../db/operatorDatabase.ts';
import { newId } from '../lib/ids.ts';
import { networkOf } from './attempts.ts';
import {
  countOperatorAttempts,
  endOperatorSession,
  findOperatorCredentials,
  findOperatorOfSession,
  forgetOperatorAttempts,
  type Operator,
  openOperatorSession,
} from './operatorLookups.ts';
import type { OperatorTokens } from './operatorToken.ts';
import { verifyPassword } from './passwords.ts';
import type { RequestFacts } from './principal.ts';

export interface OperatorSession {
  readonly operator: Operator;
  readonly sessionId: string;
}

export interface OperatorSignedIn {
  readonly operator: Operator;
  readonly token: string;
  readonly expiresAt: Date;
}

export interface OperatorRealm {
  /** Unknown, wrong and disabled are one answer, in similar time. */
  signIn(
    request: { email: string; password: string },
    facts: RequestFacts,
  ): Promise<OperatorSignedIn | 'NOT_SIGNED_IN' | 'TOO_MANY_ATTEMPTS'>;
  /** Looked up anew for every request: few ask, and who is disabled is out at once. */
  authenticate(token: string): Promise<OperatorSession | null>;
  /** Another token for a session that lives. */
  renew(session: OperatorSession): Promise<OperatorSignedIn>;
  signOut(session: OperatorSession): Promise<void>;
}

/** A working day: then the password is asked for again, however often a token was renewed. */
const sessionSeconds = 12 * 3600;

/**
 * In a quarter of an hour. For one person from one address; for one person from anywhere, so high that
 * a stranger does not lock them out with a few requests; for one address, which bounds the hashing too.
 */
const most = { pair: 10, person: 50, address: 100 } as const;

export function createOperatorRealm(
  database: OperatorDatabase,
  tokens: OperatorTokens,
): OperatorRealm {
  return {
    async signIn({ email, password }, facts) {
      const address = email.trim().toLowerCase();
      const keys = attemptKeys(address, networkOf(facts.ip ?? ''));
      const here = await countOperatorAttempts(database, [keys.pair, keys.address]);
      const tooManyHere =
        (here.get(keys.pair) ?? 0) > most.pair || (here.get(keys.address) ?? 0) > most.address;
      // Who has none left uses up nobody's: one address alone cannot lock a person out.
      if (tooManyHere) return 'TOO_MANY_ATTEMPTS';
      const everywhere = await countOperatorAttempts(database, [keys.person]);
      if ((everywhere.get(keys.person) ?? 0) > most.person) return 'TOO_MANY_ATTEMPTS';
      const found = await findOperatorCredentials(database, address);
      const usable = found !== null && found.disabledAt === null;
      const right = await verifyPassword(usable ? found.passwordHash : null, password);
      if (!right || found === null) return 'NOT_SIGNED_IN';
      await forgetOperatorAttempts(database, [keys.pair, keys.person]);
      const { passwordHash: verifiedHash, ...operator } = found;
      const sessionId = newId();
      const opened = await openOperatorSession(database, {
        id: sessionId,
        operatorId: operator.id,
        verifiedHash,
        seconds: sessionSeconds,
        ip: facts.ip,
        userAgent: facts.userAgent,
      });
      if (!opened) return 'NOT_SIGNED_IN';
      return { operator, ...(await tokens.issue({ operatorId: operator.id, sessionId })) };
    },

    async authenticate(token) {
      const claims = await tokens.verify(token);
      const operator = claims === null ? null : await findOperatorOfSession(database, claims);
      return claims === null || operator === null
        ? null
        : { operator, sessionId: claims.sessionId };
    },

    async renew({ operator, sessionId }) {
      return { operator, ...(await tokens.issue({ operatorId: operator.id, sessionId })) };
    },

    signOut: ({ sessionId }) => endOperatorSession(database, sessionId),
  };
}

/** Hashed, so that the table is no list of who runs the platform and from where. */
function attemptKeys(email: string, ip: string) {
  const hash = (...parts: string[]) =>
    createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return {
    pair: hash('pair', email, ip),
    person: hash('person', email),
    address: hash('address', ip),
  };
}
