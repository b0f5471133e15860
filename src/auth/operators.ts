import { randomBytes } from 'node:crypto';
import type { OperatorDatabase } from '../db/operatorDatabase.ts';
import { newId } from '../lib/ids.ts';
import { Findings } from '../lib/validation.ts';
import { insertOperator, type Operator, setOperatorPassword } from './operatorLookups.ts';
import { hashPassword } from './passwords.ts';

export interface NewOperator {
  email: string;
  name: string;
  password: string;
}

/** What somebody can go by who has none in mind: 144 random bits. */
export const makePassword = (): string => randomBytes(18).toString('base64url');

/** null: somebody has this address already. Refuses what is no address, no name or a short password. */
export async function createOperator(
  database: OperatorDatabase,
  { email, name, password }: NewOperator,
): Promise<Operator | null> {
  const findings = new Findings();
  const address = email.trim().toLowerCase();
  findings.expect(
    /^[^\s@]{1,64}@[^\s@]{1,190}$/.test(address),
    'INVALID',
    ['email'],
    'That is no e-mail address.',
  );
  findings.expectText(name, { min: 1, max: 100 }, ['name']);
  checkPassword(findings, password);
  findings.settle();
  return insertOperator(database, {
    id: newId(),
    email: address,
    name: name.trim(),
    passwordHash: await hashPassword(password),
  });
}

/** Sets a new password and ends all sessions. null: there is no such operator. */
export async function changeOperatorPassword(
  database: OperatorDatabase,
  email: string,
  password: string,
): Promise<Operator | null> {
  const findings = new Findings();
  checkPassword(findings, password);
  findings.settle();
  return setOperatorPassword(database, email.trim().toLowerCase(), await hashPassword(password));
}

/** NIST SP 800-63B asks for 15 where a password is all there is; the demo's has 13. */
function checkPassword(findings: Findings, password: string): void {
  findings.expect(
    password.length >= 12 && password.length <= 256,
    'INVALID',
    ['password'],
    'A password has 12 to 256 characters.',
  );
}
