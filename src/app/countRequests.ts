import type { Database } from '../db/database.ts';
import { countUsage } from '../features/usage/usage.ts';
import type { Logger } from './logger.ts';

export interface RequestCounter {
  count(tenantId: string): void;
  /** Writes what is still in memory. */
  close(): Promise<void>;
}

const flushMilliseconds = 1_000;

/**
 * Counts operations after their answers, in one small transaction a tenant and second. A server that
 * stops in order loses nothing; one that crashes loses at most the last second's.
 */
export function countRequests(database: Database, logger: Logger): RequestCounter {
  let pending = new Map<string, number>();

  async function flush(): Promise<void> {
    const batch = pending;
    pending = new Map();
    for (const [tenantId, amount] of batch) {
      try {
        await database.withTenant(tenantId, { mode: 'write' }, (tx) =>
          countUsage(tx, 'API_REQUESTS_PER_DAY', amount),
        );
      } catch (error) {
        // Counted again with the next batch: a database that is away for a moment costs no count.
        pending.set(tenantId, (pending.get(tenantId) ?? 0) + amount);
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
      pending.set(tenantId, (pending.get(tenantId) ?? 0) + 1);
    },
    async close() {
      clearInterval(timer);
      await running;
      await flush();
    },
  };
}
