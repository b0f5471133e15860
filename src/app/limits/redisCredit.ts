import type { RedisClient } from '../../clients/redis.ts';
import type { CreditStore, Exchange, Grant } from '../../features/limits/credit.ts';
import { creditScript } from './creditScript.ts';

/** Where processes are told to give back what they do not use. */
export const recallChannel = (prefix: string): string => `${prefix}credit`;

type Numbers = readonly [number, number, number, number, number];

/** Credit shared through Redis, under keys that begin with `prefix`. */
export function redisCredit(
  redis: Pick<RedisClient, 'evaluate'>,
  prefix: string,
  process: string,
): CreditStore {
  return {
    async exchange(tenantId, asked) {
      const start = `${prefix}{${tenantId}} `;
      const named = String(Buffer.byteLength(start));
      const answer = (await redis.evaluate(
        creditScript,
        asked.map(({ name }) => `${start}${name}`),
        [process, recallChannel(prefix), tenantId, named, ...asked.flatMap(toArguments)],
      )) as Numbers[];
      return answer.map(toGrant);
    },
  };
}

const toArguments = (asked: Exchange): string[] =>
  [
    asked.seconds,
    asked.limit,
    asked.windowStart,
    asked.spent,
    asked.holding,
    asked.need,
    asked.smallest,
    asked.extra,
  ].map(String);

const toGrant = ([windowStart, endsInMs, granted, free, elsewhere]: Numbers): Grant => ({
  windowStart,
  endsInMs,
  granted,
  free,
  elsewhere,
});
