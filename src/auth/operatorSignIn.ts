import { createHash } from 'node:crypto';
import type { OperatorDatabase } from '../db/operatorDatabase.ts';
import { newId } from '../lib/ids.ts';
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
      const keys = attemptKeys(address, facts.ip ?? '');
      const counted = await countOperatorAttempts(database, [keys.pair, keys.person, keys.address]);
      const tooMany =
        (counted.get(keys.pair) ?? 0) > most.pair ||
        (counted.get(keys.person) ?? 0) > most.person ||
        (counted.get(keys.address) ?? 0) > most.address;
      if (tooMany) return 'TOO_MANY_ATTEMPTS';
      const found = await findOperatorCredentials(database, address);
      const usable = found !== null && found.disabledAt === null;
      const right = await verifyPassword(usable ? found.passwordHash : null, password);
      if (!right || found === null) return 'NOT_SIGNED_IN';
      await forgetOperatorAttempts(database, [keys.pair, keys.person]);
      const { passwordHash: _kept, ...operator } = found;
      const sessionId = newId();
      await openOperatorSession(database, {
        id: sessionId,
        operatorId: operator.id,
        seconds: sessionSeconds,
        ip: facts.ip,
        userAgent: facts.userAgent,
      });
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
