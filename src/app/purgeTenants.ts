import type { Database } from '../db/database.ts';
import { purgeRows } from '../features/tenants/lifecycle.queries.ts';
import type { Logger } from './logger.ts';

const everyMilliseconds = 10 * 60_000;
/** Of one transaction: some 50 ms, so that nobody waits for its locks. */
const rowsAtOnce = 2_000;
/** In a round. Far more than ever cannot be removed: those are due the longest, and come first each time. */
const tenantsAtOnce = 1_000;

/**
 * Removes the businesses whose grace is over, every ten minutes. Every instance may: one purges
 * a business at a time, and what a stop or a crash leaves half-done the next round goes on with.
 */
export function purgeTenants(
  database: Database,
  logger: Pick<Logger, 'info' | 'error'>,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const round = async (): Promise<void> => {
    try {
      await purgeDueTenants(database, logger, stop.signal);
    } catch (error) {
      logger.error({ err: error }, 'businesses to purge could not be listed');
    }
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(round);
  }, everyMilliseconds);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      stop.abort();
      await running;
    },
  };
}

/** One round. Answers the ids of the businesses that are gone. */
export async function purgeDueTenants(
  database: Database,
  logger: Pick<Logger, 'info' | 'error'>,
  signal?: AbortSignal,
): Promise<string[]> {
  const gone: string[] = [];
  const due = await database.lookup<{ id: string }>('select id from app.list_purgeable($1)', [
    tenantsAtOnce,
  ]);
  for (const { id } of due) {
    try {
      if (!(await purge(database, id, signal))) continue;
      gone.push(id);
      logger.info({ tenantId: id }, 'a deleted business was removed for good');
    } catch (error) {
      // One that cannot be removed keeps none of the others.
      logger.error({ tenantId: id, err: error }, 'purging went wrong; it is tried again');
    }
  }
  return gone;
}

/** false: stopped, or another instance is at it. */
async function purge(database: Database, id: string, signal?: AbortSignal): Promise<boolean> {
  let removed: number;
  do {
    if (signal?.aborted) return false;
    removed = await database.withTenant(id, { mode: 'write' }, (tx) => purgeRows(tx, rowsAtOnce));
  } while (removed > 0);
  return removed === 0;
}
