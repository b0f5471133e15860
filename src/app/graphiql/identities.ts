import type { IncomingMessage, ServerResponse } from 'node:http';
import { TooManyAttempts } from '../../auth/attempts.ts';
import type { SignIn } from '../../auth/signIn.ts';
import type { Database } from '../../db/database.ts';
import { PublicError } from '../../lib/errors.ts';
import { demoPassword } from '../demo/demoData.ts';
import { findDemoKey } from '../demo/demoKey.ts';
import type { HttpRoutes } from '../http.ts';
import { isLocalRequest, isSameOrigin } from './localRequest.ts';

/** Somebody of the demo data, as the examples name them and the page offers them. */
export interface DemoIdentity {
  readonly key: string;
  readonly label: string;
  readonly business: string;
  /** What it shows, for a newcomer. */
  readonly hint: string;
  /** null: the integrator's API key. */
  readonly email: string | null;
}

export const demoIdentities: readonly DemoIdentity[] = [
  {
    key: 'lumen-owner',
    label: 'owner of Lumen',
    business: 'Lumen & Oak',
    hint: 'Mara Eklund may do everything in Lumen & Oak',
    email: 'owner@lumen.example',
  },
  {
    key: 'lumen-viewer',
    label: 'viewer of Lumen',
    business: 'Lumen & Oak',
    hint: 'Jonas Weil may read, and change nothing',
    email: 'viewer@lumen.example',
  },
  {
    key: 'lumen-key',
    label: 'API key of Lumen',
    business: 'Lumen & Oak',
    hint: 'A program: it may do what the scopes of its API key say',
    email: null,
  },
  {
    key: 'harbor-owner',
    label: 'owner of Harbor',
    business: 'Harbor & Tern Outfitters',
    hint: 'The other business: same SKUs, same phone numbers, other rows',
    email: 'owner@harbor.example',
  },
];

export interface IdentityOptions {
  readonly signIn: SignIn;
  readonly database: Database;
  readonly dataDir: string;
}

/**
 * `POST /graphiql/identities/<key>` → `{ credential, expiresAt }`: a fresh credential of somebody of
 * the demo. Only for a laptop: it is answered to this very machine, to a page of this server, with a
 * header that no foreign page can send unasked; `config.demoIdentities` decides whether it is there
 * at all. It is no back door: people are signed in with the demo's password like everybody else, and
 * where that is not theirs, nobody is.
 */
export function identityRoutes(options: IdentityOptions): HttpRoutes['routes'] {
  return new Map(
    demoIdentities.map((identity) => [
      `POST /graphiql/identities/${identity.key}`,
      (request: IncomingMessage, response: ServerResponse) =>
        answer(options, identity, request, response),
    ]),
  );
}

async function answer(
  options: IdentityOptions,
  identity: DemoIdentity,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isLocalRequest(request)) {
    throw new PublicError(
      'FORBIDDEN',
      'Demo identities are for this machine only: open http://localhost with the port, without a proxy.',
    );
  }
  if (!request.headers['graphql-require-preflight'] || !isSameOrigin(request)) {
    throw new PublicError(
      'FORBIDDEN',
      'Demo identities are for the page of this server: send "GraphQL-Require-Preflight: 1" from there.',
    );
  }
  const credential = await credentialOf(options, identity, request, response);
  if (credential === null) {
    throw new PublicError(
      'NOT_FOUND',
      'The demo is not in this database: run "npm run db:seed", or use a credential of your own.',
    );
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(credential));
}

async function credentialOf(
  { signIn, database, dataDir }: IdentityOptions,
  { email }: DemoIdentity,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ credential: string; expiresAt: Date | null } | null> {
  if (email === null) {
    const secret = await findDemoKey(database, dataDir);
    return secret === null ? null : { credential: secret, expiresAt: null };
  }
  const signedIn = await signIn(
    { email, password: demoPassword },
    {
      requestId: String(response.getHeader('X-Request-Id')),
      ip: request.socket.remoteAddress ?? null,
      userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
    },
  ).catch((error: unknown) => {
    if (error instanceof TooManyAttempts) throw new PublicError('UNAVAILABLE', error.message);
    throw error;
  });
  return signedIn && { credential: signedIn.token, expiresAt: signedIn.expiresAt };
}
