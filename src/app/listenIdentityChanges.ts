import postgres from 'postgres';
import { identityChannel } from '../auth/identityChanges.ts';
import { mailChannel } from '../auth/mailQueue.ts';
import { creditChannel } from '../features/limits/credit.queries.ts';
import type { Logger } from './logger.ts';

/**
 * Keeps what is remembered of callers and tenants honest: what changes anywhere is forgotten here at once. postgres.js
 * resubscribes by itself, and then everything is forgotten, for something could have been missed; what
 * is missed until then ends with the cache's own second. (To switch caching off meanwhile was tried:
 * postgres.js puts an `onclose` of its own in the place of ours, and a connection that went silent has
 * none to tell of.) One connection, and no tenant's transaction ever runs on it. `onMail` hears of mail
 * to send, `onRecall` of credit that another process misses.
 */
export async function listenIdentityChanges(
  url: string,
  forget: (id: string | null) => void,
  onMail: () => void,
  onRecall: (payload: string) => void,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const sql = postgres(url, {
    max: 1,
    connection: { application_name: 'tenantry listen' },
    onnotice: () => undefined,
  });
  await sql.listen(
    identityChannel,
    (id) => forget(id === '' ? null : id),
    () => {
      forget(null);
      logger.debug('listening for identity changes');
    },
  );
  await sql.listen(mailChannel, onMail, onMail);
  await sql.listen(creditChannel, onRecall);
  return { close: () => sql.end({ timeout: 2 }) };
}
