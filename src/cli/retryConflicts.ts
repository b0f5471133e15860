import { StatementFailed, TransactionFailed } from '../db/errors.ts';

/** Serialization failure, deadlock, lock_timeout: somebody else was in the way and nothing was changed. */
const conflicts = new Set(['40001', '40P01', '55P03']);
const attempts = 6;

/**
 * Runs a transaction again that lost against another. An import over HTTP may hold its turn for the
 * 20 seconds that an operation has, and a lock is waited for 5: six attempts outlast it. Only for what
 * may be done twice; a COMMIT in doubt is not repeated, for the report would count its rows wrongly.
 */
export async function retryConflicts<T>(run: () => Promise<T>, left = attempts): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const cause = error instanceof TransactionFailed ? error.cause : error;
    const lost = cause instanceof StatementFailed && conflicts.has(cause.sqlState);
    if (!lost || left <= 1) throw error;
    return retryConflicts(run, left - 1);
  }
}
