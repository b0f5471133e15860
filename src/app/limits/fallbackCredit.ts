import type { CreditStore } from '../../features/limits/credit.ts';
import type { Logger } from '../logger.ts';

/** How often a store that is away is asked whether it is back. */
const probeMs = 500;

export interface FallbackOptions {
  readonly first: CreditStore;
  readonly second: CreditStore;
  /** Rejects while the first is away. */
  readonly probe: () => Promise<void>;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
}

/**
 * One store, and another while the first is away: who asks when it goes waits for its time-out, nobody
 * after that, for it is probed aside until it answers. Logged when it goes and when it is back. What a
 * process holds passes over with it; what was spent does not, so a window in which the first goes or
 * comes back may have twice its limit, and never more.
 */
export function withFallback({ first, second, probe, logger }: FallbackOptions): {
  store: CreditStore;
  close(): void;
} {
  let timer: NodeJS.Timeout | null = null;

  function leave(error: unknown): void {
    if (timer !== null) return;
    logger.warn({ err: error }, 'Redis is away: budgets are shared through Postgres meanwhile');
    tryLater();
  }

  function tryLater(): void {
    timer = setTimeout(() => {
      probe().then(() => {
        timer = null;
        logger.info('Redis is back: budgets are shared through it again');
      }, tryLater);
    }, probeMs);
    timer.unref();
  }

  return {
    store: {
      async exchange(tenantId, asked) {
        if (timer !== null) return second.exchange(tenantId, asked);
        try {
          return await first.exchange(tenantId, asked);
        } catch (error) {
          leave(error);
          return second.exchange(tenantId, asked);
        }
      },
    },
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
