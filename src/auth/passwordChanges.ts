import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { refuse } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { Findings } from '../lib/validation.ts';
import {
  changePassword,
  findPasswordReset,
  requestPasswordReset,
  resetPassword,
} from './accountLookups.ts';
import { passwordChangedMail, passwordResetMail } from './accountMails.ts';
import type { Attempts } from './attempts.ts';
import { findCredentials } from './lookups.ts';
import { hashOpaqueToken, makeOneTimeToken } from './opaqueToken.ts';
import { expectGoodPassword } from './passwordRules.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { Person, RequestFacts } from './principal.ts';
import { refuseToken, requireEmail } from './registration.ts';

const lifetimeSeconds = 3_600;
/**
 * No answer about a reset comes sooner. A mail is queued for an account alone, and each of its businesses
 * is told: 7 ms with 300 of them where nobody's address takes 3. Behind the answer, a stop would lose it.
 */
const resetAnswerMilliseconds = 50;

export interface PasswordChanges {
  /** Ends every other session of the person. */
  change(
    person: Person,
    passwords: { current: string; next: string },
    facts: RequestFacts,
  ): Promise<void>;
  /** Mails a token, if the address has an account. Answers the same for every address, after the same time. */
  requestReset(email: string, facts: RequestFacts): Promise<void>;
  /** Ends every session of the person. */
  reset(reset: { token: string; next: string }, facts: RequestFacts): Promise<void>;
}

export function createPasswordChanges(
  database: Database,
  attempts: Attempts,
  publicUrl: () => string,
): PasswordChanges {
  const field = ['input', 'newPassword'];
  const told = () => ({ mailId: newId(), mail: passwordChangedMail(publicUrl()) });
  const expectGood = (password: string, email: string): void => {
    const findings = new Findings();
    expectGoodPassword(findings, password, email, field);
    findings.settle();
  };
  return {
    async change({ userId, sessionId, email }, { current, next }, facts) {
      expectGood(next, email);
      // The same counter as for signing in: a stolen session is no place to guess on.
      await attempts.take('password', facts, email);
      const stored = (await findCredentials(database, email))?.password_hash ?? null;
      const right = await verifyPassword(stored, current);
      const change = { userId, sessionId, oldHash: stored ?? '', ...told() };
      const newHash = right ? await hashPassword(next) : '';
      if (!right || !(await changePassword(database, { ...change, newHash }, facts))) {
        refuse('WRONG_PASSWORD', ['input', 'currentPassword'], 'It is not your password.');
      }
      await attempts.succeed('password', facts, email);
    },

    async requestReset(email, facts) {
      requireEmail(email);
      await attempts.take('mail', facts, email);
      const token = makeOneTimeToken();
      const mail = passwordResetMail(publicUrl(), token.secret);
      const mailed = { mailId: newId(), tokenHash: token.hash, lifetimeSeconds, mail };
      await Promise.all([
        requestPasswordReset(database, email.trim(), mailed, facts),
        pause(resetAnswerMilliseconds),
      ]);
    },

    async reset({ token, next }, facts) {
      await attempts.take('token', facts);
      const tokenHash = hashOpaqueToken(token);
      const found = tokenHash === null ? null : await findPasswordReset(database, tokenHash);
      if (tokenHash === null || found === null) return refuseToken();
      expectGood(next, found.email); // the token stays good for a better one
      const passwordHash = await hashPassword(next);
      const done = await resetPassword(database, { tokenHash, passwordHash, ...told() }, facts);
      if (!done) return refuseToken();
      await attempts.forget('password', facts, found.email);
      await attempts.succeed('token', facts);
    },
  };
}
