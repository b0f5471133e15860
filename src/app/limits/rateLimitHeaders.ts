import type { CallerLimits } from './callerLimits.ts';
import type { HeldCredit } from './heldCredit.ts';

/**
 * `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10: lists of items with
 * a name each; `q` the quota and `w` its window in seconds; `r` what is left and `t` in how many seconds
 * all of it is there again. https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
 */
export interface RateLimitHeaders {
  readonly policy: string;
  readonly state: string;
}

type Named = readonly [name: string, held: HeldCredit];

const known = new WeakMap<CallerLimits, { policy: string; named: readonly Named[] }>();

/** null: nothing limits the caller. */
export function rateLimitHeaders(limits: CallerLimits, now: number): RateLimitHeaders | null {
  let fixed = known.get(limits);
  if (fixed === undefined) {
    const named = namedBuckets(limits);
    const items = named.map(
      ([name, { bucket }]) => `"${name}";q=${bucket.limit};w=${bucket.seconds}`,
    );
    fixed = { policy: items.join(', '), named };
    known.set(limits, fixed);
  }
  const { policy, named } = fixed;
  if (policy === '') return null;
  let state = '';
  for (const [name, held] of named) {
    // Nothing was taken from it here yet, so it is not known.
    if (held.windowStart === 0) continue;
    const seconds = Math.max(0, Math.ceil((held.endsAt - now) / 1000));
    state += `${state === '' ? '' : ', '}"${name}";r=${held.remaining(now)};t=${seconds}`;
  }
  return { policy, state };
}

function namedBuckets({ budgets, requests, requestsLimit }: CallerLimits): Named[] {
  const named = budgets.map(
    ({ scope, held }): Named => [scope === 'TENANT' ? 'cost' : 'key-cost', held],
  );
  return requestsLimit === null ? named : [...named, ['requests', requests]];
}
