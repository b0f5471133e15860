import { createAuthenticator, readCredential } from '../../../src/auth/authenticate.ts';
import type { Asking } from '../../../src/graphql/context.ts';
import type { TestServer } from '../../support/server.ts';

const noTokens = {
  verify: () => Promise.resolve(null),
} as unknown as Parameters<typeof createAuthenticator>[1];

/** Who an API key stands for as of now, of an authenticator of one's own: nothing is remembered. */
export async function whoAsksWith(
  { database }: TestServer,
  secret: string,
): Promise<Pick<Asking, 'principal' | 'account'>> {
  const caller = await createAuthenticator(database, noTokens).authenticate(readCredential(secret));
  return { principal: caller?.kind === 'API_KEY' ? caller : null, account: null };
}
