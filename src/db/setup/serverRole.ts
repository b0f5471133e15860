import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { DatabaseSetupError } from './explainFailure.ts';

export const serverRole = 'tenantry_server';
export const operatorRole = 'tenantry_operator';

/**
 * The URL of a serving role on the database that `adminUrl` names, with a password derived from the
 * administrator's (HMAC-SHA-256). So a laptop and a test need one URL and no file of secrets: who can
 * derive it already holds the stronger credential. Production names its own in APP_DATABASE_URL.
 * Throws DatabaseSetupError for a URL without a password: from nothing everybody can derive it.
 */
function roleUrlFrom(adminUrl: string, role: typeof serverRole | typeof operatorRole): string {
  const url = new URL(adminUrl);
  if (!hasPassword(adminUrl)) {
    const variable = role === serverRole ? 'APP_DATABASE_URL' : 'OPERATOR_DATABASE_URL';
    throw new DatabaseSetupError(
      `DATABASE_URL has no password to derive the one of ${role} from: set ${variable}, or give DATABASE_URL a password.`,
    );
  }
  const password = createHmac('sha256', `tenantry:${decodeURIComponent(url.password)}`)
    .update(role)
    .digest('base64url');
  url.username = role;
  url.password = password;
  return url.href;
}

export const hasPassword = (url: string): boolean => new URL(url).password !== '';
export const serverUrlFrom = (adminUrl: string): string => roleUrlFrom(adminUrl, serverRole);
export const operatorUrlFrom = (adminUrl: string): string => roleUrlFrom(adminUrl, operatorRole);

/**
 * What ALTER ROLE … PASSWORD stores (RFC 5803, SCRAM-SHA-256). Sent in place of the password so that
 * a server that logs its DDL never writes it down.
 */
export function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
