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

const policies = new WeakMap<CallerLimits, string>();

/** null: nothing limits the caller. */
export function rateLimitHeaders(limits: CallerLimits, now: number): RateLimitHeaders | null {
  let policy = policies.get(limits);
  if (policy === undefined) {
    policy = namedBuckets(limits)
      .map(([name, { bucket }]) => `"${name}";q=${bucket.limit};w=${bucket.seconds}`)
      .join(', ');
    policies.set(limits, policy);
  }
  if (policy === '') return null;
  let state = '';
  for (const [name, held] of namedBuckets(limits)) {
    const seconds = Math.max(0, Math.ceil((held.endsAt - now) / 1000));
    state += `${state === '' ? '' : ', '}"${name}";r=${held.remaining(now)};t=${seconds}`;
  }
  return { policy, state };
}

function namedBuckets({ budgets, requests, requestsLimit }: CallerLimits): [string, HeldCredit][] {
  const named = budgets.map(({ scope, held }): [string, HeldCredit] => [
    scope === 'TENANT' ? 'cost' : 'key-cost',
    held,
  ]);
  return requestsLimit === null ? named : [...named, ['requests', requests]];
}
