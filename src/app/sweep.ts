import { sweepAccounts } from '../auth/accountLookups.ts';
import type { Database } from '../db/database.ts';
import { sweepReservations } from '../features/usage/useMeter.queries.ts';
import type { Logger } from './logger.ts';

const everyMilliseconds = 3_600_000;
/** In a round; the others' turn is the next. */
const tenantsAtOnce = 1_000;

/**
 * Removes once an hour what has run out: counters, mailed tokens, old sessions and mails, and what was set
 * aside of a meter by work that never ended.
 */
export function startSweeping(database: Database, logger: Logger): { close(): Promise<void> } {
  let running = Promise.resolve();
  const sweep = (): void => {
    running = Promise.all([sweepAccounts(database), sweepTenants(database)]).then(
      () => undefined,
      (error: unknown) => {
        logger.warn({ err: error }, 'what has run out could not be removed yet');
      },
    );
  };
  const timer = setInterval(sweep, everyMilliseconds);
  timer.unref();
  sweep();
  return {
    close() {
      clearInterval(timer);
      return running;
    },
  };
}

/** Whoever is at a limit finds what has run out by themselves; this is for those who are not. */
export async function sweepTenants(database: Database): Promise<void> {
  const due = await database.lookup<{ id: string }>(
    'select id from app.list_expired_reservations($1)',
    [tenantsAtOnce],
  );
  for (const { id } of due) {
    await database.withTenant(id, { mode: 'write' }, sweepReservations);
  }
}
