import { randomUUID } from 'node:crypto';
import { openRedis } from '../../clients/redis.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../db/database.ts';
import type { CreditStore } from '../../features/limits/credit.ts';
import type { Logger } from '../logger.ts';
import { type Admit, createAdmission } from './admission.ts';
import { CreditPool } from './creditPool.ts';
import { withFallback } from './fallbackCredit.ts';
import { postgresCredit } from './postgresCredit.ts';
import { recallChannel, redisCredit } from './redisCredit.ts';
import { RequestLedger } from './requestLedger.ts';

export interface Limits {
  readonly admit: Admit;
  /** Another process misses credit that this one may hold: `<process> <tenant>`. */
  recall(payload: string): void;
  /** Writes down what was answered and gives back what is held, once nothing is asked any more. */
  close(): Promise<void>;
}

/** Redis answers in less than one; who waits for the first that it does not is held up so long. */
const redisTimeoutMs = 75;

/** Everything that limits what callers do, for one server process. */
export async function openLimits(
  database: Database,
  config: Pick<Config, 'redisUrl' | 'redisPrefix'>,
  logger: Logger,
): Promise<Limits> {
  const process = randomUUID();
  const ledger = new RequestLedger(database, process, logger);
  const requests = postgresCredit(database, process);
  const redis = await openShared(config, process, requests, recall, logger);
  const pool = new CreditPool({
    rates: redis?.store ?? requests,
    requests,
    logger,
    onSweep: (tenantId, credit) => ledger.write(tenantId, credit),
  });

  function recall(payload: string): void {
    const [asking, tenantId] = payload.split(' ');
    if (tenantId !== undefined && asking !== process) pool.recall(tenantId);
  }

  return {
    admit: createAdmission(pool, ledger),
    recall,
    async close() {
      await pool.close();
      redis?.close();
    },
  };
}

/** null: there is no Redis, and Postgres has it all. */
async function openShared(
  { redisUrl, redisPrefix }: Pick<Config, 'redisUrl' | 'redisPrefix'>,
  process: string,
  second: CreditStore,
  onMessage: (payload: string) => void,
  logger: Logger,
): Promise<{ store: CreditStore; close(): void } | null> {
  if (redisUrl === undefined) return null;
  const redis = await openRedis({
    url: redisUrl,
    timeoutMs: redisTimeoutMs,
    channel: recallChannel(redisPrefix),
    onMessage,
  });
  const first = redisCredit(redis, redisPrefix, process);
  const { store, close } = withFallback({ first, second, probe: redis.ping, logger });
  return {
    store,
    close() {
      close();
      redis.close();
    },
  };
}
