import postgres from 'postgres';
import type { Authenticator } from '../auth/authenticate.ts';
import { identityChannel } from '../auth/identityChanges.ts';
import { mailChannel } from '../auth/mailQueue.ts';
import type { Logger } from './logger.ts';

/**
 * Keeps the authenticator's cache honest: what changes anywhere is forgotten here. While the
 * connection is down nothing is cached, for a revocation could be missed; postgres.js resubscribes by
 * itself. One connection, and no tenant's transaction ever runs on it. `onMail` hears of mail to send.
 */
export async function listenIdentityChanges(
  url: string,
  authenticator: Authenticator,
  onMail: () => void,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const sql = postgres(url, {
    max: 1,
    connection: { application_name: 'tenantry listen' },
    onnotice: () => undefined,
    onclose: () => authenticator.setCaching(false),
  });
  await sql.listen(
    identityChannel,
    (id) => authenticator.forget(id === '' ? null : id),
    () => {
      authenticator.setCaching(true);
      logger.debug('listening for identity changes');
    },
  );
  await sql.listen(mailChannel, onMail, onMail);
  return { close: () => sql.end({ timeout: 2 }) };
}
