import { sweepAccounts } from '../auth/accountLookups.ts';
import type { Database } from '../db/database.ts';
import type { Logger } from './logger.ts';
import { sweepIdempotencyKeys } from './operations/idempotency.queries.ts';

const everyMilliseconds = 3_600_000;

/** Removes once an hour what has run out: counters, mailed tokens, old sessions and mails, idempotency keys. */
export function startSweeping(database: Database, logger: Logger): { close(): Promise<void> } {
  let running = Promise.resolve();
  const sweep = (): void => {
    running = removeWhatRanOut(database).catch((error: unknown) => {
      logger.warn({ err: error }, 'what has run out could not be removed yet');
    });
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

async function removeWhatRanOut(database: Database): Promise<void> {
  await sweepAccounts(database);
  await sweepIdempotencyKeys(database);
}
