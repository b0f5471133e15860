import type { Database } from '../db/database.ts';
import { refuse } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { Findings } from '../lib/validation.ts';
import {
  confirmRegistration,
  findRegistration,
  register,
  resendRegistration,
} from './accountLookups.ts';
import { alreadyRegisteredMail, verificationMail } from './accountMails.ts';
import type { Attempts } from './attempts.ts';
import { hashOpaqueToken, makeOneTimeToken } from './opaqueToken.ts';
import { expectGoodPassword } from './passwordRules.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { RequestFacts } from './principal.ts';

const lifetimeSeconds = 86_400;

/** RFC 5321, 4.5.3.1; what a mail server and a header take without quoting, which is what people have. */
const emailPattern =
  /^[^\s\p{Cc}@<>()[\]\\,;:"]{1,64}@[^\s\p{Cc}@<>()[\]\\,;:"]+\.[^\s\p{Cc}@<>()[\]\\,;:".]+$/u;

export interface Registration {
  /** Answers the same for every address; what is true of it, its own mail says. */
  register(
    person: { email: string; name: string; password: string },
    facts: RequestFacts,
  ): Promise<void>;
  /** Mails a registration that waits anew. Answers the same for every address. */
  resend(email: string, facts: RequestFacts): Promise<void>;
  /** A mailed token and the password that was registered → the account is made; its address. */
  verify(
    proof: { token: string; password: string },
    facts: RequestFacts,
  ): Promise<{ email: string }>;
}

/**
 * Nobody exists before they have shown that they read the address's mail: a registration waits in its
 * token, password included. Whoever confirms it has to know that password: somebody who follows the link
 * of a mail that they did not ask for would otherwise make an account that a stranger can sign in to
 * (pre-hijacking, https://www.usenix.org/conference/usenixsecurity22/presentation/sudhodanan). Asking for a
 * first password only then would do too, and would take the name that the stranger chose.
 */
export function createRegistration(
  database: Database,
  attempts: Attempts,
  publicUrl: string,
): Registration {
  const mailed = () => {
    const token = makeOneTimeToken();
    const mail = verificationMail(publicUrl, token.secret);
    return { mailId: newId(), tokenHash: token.hash, lifetimeSeconds, mail };
  };
  return {
    async register({ email, name, password }, facts) {
      const findings = new Findings();
      expectEmail(findings, email, ['input', 'email']);
      findings.expectText(name, { min: 1, max: 100 }, ['input', 'name']);
      expectGoodPassword(findings, password, email, ['input', 'password']);
      findings.settle();
      await attempts.take('mail', facts, email);
      // Also for an address that has an account: the time of the answer must not tell.
      const passwordHash = await hashPassword(password);
      const person = { email: email.trim(), name: name.trim(), passwordHash };
      await register(database, person, mailed(), alreadyRegisteredMail(publicUrl));
    },

    async resend(email, facts) {
      requireEmail(email);
      await attempts.take('mail', facts, email);
      await resendRegistration(database, email.trim(), mailed());
    },

    async verify({ token, password }, facts) {
      await attempts.take('token', facts);
      const hash = hashOpaqueToken(token);
      const waiting = hash === null ? null : await findRegistration(database, hash);
      if (hash === null || waiting === null) return refuseToken();
      // The same counter as for signing in: a mail that went astray is no place to guess on.
      await attempts.take('password', facts, waiting.email);
      if (!(await verifyPassword(waiting.password_hash, password))) {
        refuse(
          'WRONG_PASSWORD',
          ['input', 'password'],
          'It is not the password that was registered. If you did not register, do nothing; if you have forgotten it, register again.',
        );
      }
      const confirmed = await confirmRegistration(database, hash, newId());
      if (confirmed === null) return refuseToken();
      await attempts.succeed('password', facts, waiting.email);
      await attempts.succeed('token', facts);
      return { email: confirmed.email };
    },
  };
}

/** What `INVALID_TOKEN` means, wherever a token was mailed. */
export function refuseToken(): never {
  refuse(
    'INVALID_TOKEN',
    ['input', 'token'],
    'The token is not one of ours, was used, or has run out; ask for another.',
  );
}

/** Before anything is counted or kept for it: what is no address may be a megabyte. */
export function requireEmail(email: string): void {
  const findings = new Findings();
  expectEmail(findings, email, ['input', 'email']);
  findings.settle();
}

export function expectEmail(findings: Findings, email: string, field: readonly string[]): void {
  const trimmed = email.trim();
  const fine = trimmed.length <= 254 && emailPattern.test(trimmed);
  findings.expect(fine, 'INVALID', field, 'It is no e-mail address, such as name@example.com.');
}
