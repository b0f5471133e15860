import type { Database } from '../db/database.ts';
import { StatementFailed } from '../db/errors.ts';
import { countRequests as countThem } from '../features/usage/usage.ts';
import type { Logger } from './logger.ts';

export interface RequestCounter {
  count(tenantId: string): void;
  /** Writes what is still in memory. */
  close(): Promise<void>;
}

const flushMilliseconds = 1_000;
/** Of businesses that wait, some 10 MB: reached only while the database takes nothing. */
const mostWaiting = 100_000;

/**
 * Counts operations after their answers, in one small transaction a tenant and second. A server that
 * stops in order loses nothing; one that crashes loses at most the last second's. What waits is bounded.
 */
export function countRequests(
  database: Pick<Database, 'withTenant'>,
  logger: Pick<Logger, 'warn'>,
  most = mostWaiting,
): RequestCounter {
  let pending = new Map<string, number>();

  function add(tenantId: string, amount: number): void {
    const before = pending.get(tenantId);
    if (before === undefined && pending.size >= most) return;
    pending.set(tenantId, (before ?? 0) + amount);
  }

  async function flush(): Promise<void> {
    const batch = pending;
    pending = new Map();
    for (const [tenantId, amount] of batch) {
      try {
        await database.withTenant(tenantId, { mode: 'write' }, (tx) => countThem(tx, amount));
      } catch (error) {
        if (isForGood(error)) {
          logger.warn({ err: error, tenantId, amount }, 'requests are not counted');
          continue;
        }
        // Counted again with the next batch: a database that is away for a moment costs no count.
        add(tenantId, amount);
        logger.warn({ err: error, tenantId }, 'requests could not be counted yet');
      }
    }
  }

  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(flush);
  }, flushMilliseconds);
  timer.unref();

  return {
    count(tenantId) {
      add(tenantId, 1);
    },
    async close() {
      clearInterval(timer);
      await running;
      await flush();
    },
  };
}

/** A business that was purged meanwhile (a foreign key), a value out of range: no later try goes better. */
const isForGood = (error: unknown): boolean =>
  error instanceof StatementFailed && /^2[23]/.test(error.sqlState);
