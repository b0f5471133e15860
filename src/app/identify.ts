import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Authenticator, type Credential, readCredential } from '../auth/authenticate.ts';
import type { Caller } from '../auth/principal.ts';
import { PublicError } from '../lib/errors.ts';

/** A connection's last Authorization header, and what it says: to hash it anew took 4 % of a product by id. */
const lastCredential = new WeakMap<
  Socket,
  { readonly header: string; readonly credential: Credential | null }
>();

function credentialOf(request: IncomingMessage, header: string): Credential | null {
  const last = lastCredential.get(request.socket);
  if (last?.header === header) return last.credential;
  const text = bearerOf(request);
  const credential = text === null ? null : readCredential(text);
  lastCredential.set(request.socket, { header, credential });
  return credential;
}

/**
 * Whom a request's credential stands for; null: it has none. At once where it is known. Throws, or rejects,
 * for one that is not good.
 */
export function identify(
  authenticator: Authenticator,
  request: IncomingMessage,
): Caller | null | Promise<Caller> {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const credential = credentialOf(request, header);
  if (credential === null) throw notGood();
  const caller = authenticator.authenticate(credential);
  if (!(caller instanceof Promise)) return caller;
  return caller.then((found) => {
    if (found === null) throw notGood();
    return found;
  });
}

const notGood = (): PublicError =>
  new PublicError(
    'UNAUTHENTICATED',
    'The credential is not valid, has run out or was revoked; sign in again or use another key.',
  );

/** What `Authorization: Bearer …` carries; null: nothing, or nothing that a credential looks like. */
export const bearerOf = ({ headers }: IncomingMessage): string | null =>
  /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(headers.authorization ?? '')?.[1] ?? null;
