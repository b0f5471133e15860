import { sweepAccounts } from '../auth/accountLookups.ts';
import type { Database, TenantTransaction } from '../db/database.ts';
import { deleteOldActivity } from '../features/activity/activity.queries.ts';
import { sweepReservations } from '../features/usage/useMeter.queries.ts';
import type { Logger } from './logger.ts';

const everyMilliseconds = 3_600_000;
/** In a round; the others' turn is the next. */
const tenantsAtOnce = 1_000;

/**
 * Removes once an hour what has run out: counters, mailed tokens, old sessions and mails, what was set
 * aside of a meter by work that never ended, and activity of more than 90 days ago.
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
  await sweepDue(database, 'select id from app.list_expired_reservations($1)', sweepReservations);
  await sweepDue(database, 'select id from app.list_old_activity($1)', deleteOldActivity);
}

async function sweepDue(
  database: Database,
  listDue: string,
  sweep: (tx: TenantTransaction) => Promise<unknown>,
): Promise<void> {
  for (const { id } of await database.lookup<{ id: string }>(listDue, [tenantsAtOnce])) {
    await database.withTenant(id, { mode: 'write' }, (tx) => sweep(tx));
  }
}
