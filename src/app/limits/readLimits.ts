import type { LimitReading, LimitReadings } from '../../auth/limits.ts';
import type { Principal } from '../../auth/principal.ts';
import type { RateLimit } from '../../graphql/rateLimits.ts';
import type { CallerLimits } from './callerLimits.ts';
import type { CreditPool } from './creditPool.ts';
import { fieldBucket } from './fieldLimits.ts';
import type { HeldCredit } from './heldCredit.ts';

/** How everything that limits a caller stands, in one exchange with each store; takes nothing. */
export async function readLimits(
  pool: CreditPool,
  { credit, budgets, requests, requestsLimit }: CallerLimits,
  principal: Principal,
  fields: ReadonlyMap<string, RateLimit>,
): Promise<LimitReadings> {
  const held = new Map(
    [...fields].map(([coordinate, limit]) => [
      coordinate,
      pool.held(credit, fieldBucket(principal, coordinate, limit)),
    ]),
  );
  const own = budgets.find(({ scope }) => scope === 'API_KEY');
  const whole = budgets.find(({ scope }) => scope === 'TENANT');
  await credit.look([...budgets.map((each) => each.held), requests, ...held.values()]);
  const now = performance.now();
  return {
    tenant: whole ? readingOf(whole.held, now) : null,
    apiKey: own ? readingOf(own.held, now) : null,
    requests: requestsLimit === null ? null : readingOf(requests, now),
    fields: new Map([...held].map(([coordinate, each]) => [coordinate, readingOf(each, now)])),
  };
}

function readingOf(held: HeldCredit, now: number): LimitReading {
  const { limit, seconds } = held.bucket;
  const remaining = Math.min(limit, held.remaining(now) + held.elsewhere);
  return { limit, remaining, windowSeconds: seconds, resetAt: held.resetAt };
}
