import { randomUUID } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import type { LimitReadings } from '../../auth/limits.ts';
import type { ReadPlanCatalogue } from '../../auth/planCatalogue.ts';
import type { Principal } from '../../auth/principal.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../db/database.ts';
import { type CreditStore, type Exchange, readRecall } from '../../features/limits/credit.ts';
import { rateLimitsOf } from '../../graphql/rateLimits.ts';
import type { Logger } from '../logger.ts';
import {
  type Admit,
  type AdmitRequest,
  createAdmission,
  createRequestAdmission,
} from './admission.ts';
import { callerLimits } from './callerLimits.ts';
import { CreditPool } from './creditPool.ts';
import { withFallback } from './fallbackCredit.ts';
import { postgresCredit } from './postgresCredit.ts';
import { readLimits } from './readLimits.ts';
import { recallChannel, redisCredit } from './redisCredit.ts';
import { RequestLedger } from './requestLedger.ts';

export interface Limits {
  readonly admit: Admit;
  readonly admitRequest: AdmitRequest;
  readonly read: (principal: Principal) => Promise<LimitReadings>;
  /** Another process misses credit that this one may hold. */
  recall(message: string): void;
  /** Writes down what was answered and gives back what is held, once nothing is asked any more. */
  close(): Promise<void>;
}

/** Redis answers in less than one; who waits for the first that it does not is held up so long. */
const redisTimeoutMs = 100;

/** Everything that limits what callers do, for one server process. */
export async function openLimits(
  schema: GraphQLSchema,
  database: Database,
  planCatalogue: ReadPlanCatalogue,
  config: Pick<Config, 'redisUrl' | 'redisPrefix' | 'maximumCost'>,
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

  const limitsOf = callerLimits(pool);
  const options = { pool, limitsOf, ledger, planCatalogue };

  function recall(message: string): void {
    const recalled = readRecall(message);
    if (recalled.process !== process) pool.recall(recalled);
  }

  return {
    admit: createAdmission(schema, options, config.maximumCost),
    admitRequest: createRequestAdmission(options),
    read: (principal) => readLimits(pool, limitsOf(principal), principal, rateLimitsOf(schema)),
    recall,
    async close() {
      await pool.close();
      redis?.close();
    },
  };
}

/** Takes nothing, and is forgotten with its second. */
const probed: Exchange = {
  ...{ name: 'probe', seconds: 1, limit: 0, windowStart: 0 },
  ...{ spent: 0, pending: 0, holding: 0, need: 0, smallest: 0, extra: 0 },
};

/** null: there is no Redis, and Postgres has it all. */
async function openShared(
  { redisUrl, redisPrefix }: Pick<Config, 'redisUrl' | 'redisPrefix'>,
  process: string,
  second: CreditStore,
  onMessage: (message: string) => void,
  logger: Logger,
): Promise<{ store: CreditStore; close(): void } | null> {
  if (redisUrl === undefined) return null;
  // Its client's 470 modules are loaded only where there is one.
  const { openRedis } = await import('../../clients/redis.ts');
  const redis = await openRedis({
    url: redisUrl,
    timeoutMs: redisTimeoutMs,
    channel: recallChannel(redisPrefix),
    onMessage,
  });
  const first = redisCredit(redis, redisPrefix, process);
  // By an exchange, not PING: a replica, or one whose memory is full, answers that and takes no script, and
  // was left and come back to twice a second.
  const probe = async (): Promise<void> => {
    await first.exchange('probe', [probed]);
  };
  const { store, close } = withFallback({ first, second, probe, logger });
  return {
    store,
    close() {
      close();
      redis.close();
    },
  };
}
