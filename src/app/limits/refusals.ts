import { PublicError } from '../../lib/errors.ts';
import type { CallerLimits } from './callerLimits.ts';
import type { Demand } from './tenantCredit.ts';

/** An operation that no window has room for: to wait would not help. */
export function refuseHopeless(limits: CallerLimits, requested: number): void {
  for (const { scope, held } of limits.budgets) {
    const { limit } = held.bucket;
    if (requested <= limit) continue;
    const whose = scope === 'TENANT' ? 'your business' : 'this API key';
    throw new PublicError(
      'BAD_USER_INPUT',
      `This operation may cost ${requested}, and ${whose} has ${limit} a minute for all it does.`,
      {
        extensions: {
          reason: 'COST',
          scope,
          limit,
          requested,
          fix: 'Ask for smaller pages, for fewer lists within lists, or in several operations.',
        },
      },
    );
  }
}

/** What is left is not enough, and when there is more. Times are performance.now(). */
export function explainShortage(
  limits: CallerLimits,
  { held, amount }: Demand,
  now: number,
): { readonly error: PublicError; readonly retryAfterSeconds: number } {
  const { limit } = held.bucket;
  const ms = Math.max(0, held.endsAt - now);
  const budget = limits.budgets.find((each) => each.held === held);
  const scope = budget?.scope ?? 'TENANT';
  const { message, fix } = budget
    ? costWords(scope, limit, amount)
    : held === limits.requests
      ? requestWords(limit)
      : fieldWords(held.bucket.name, limit, held.bucket.seconds);
  const perCaller = !budget && callerBucket.test(held.bucket.name);
  return {
    retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)),
    error: new PublicError('RATE_LIMITED', message, {
      extensions: {
        reason: 'QUOTA',
        scope: perCaller ? 'CALLER' : scope,
        limit,
        remaining: held.remaining(now),
        requested: amount,
        resetAt: held.resetAt,
        fix,
      },
    }),
  };
}

interface Words {
  readonly message: string;
  readonly fix: string;
}

function costWords(scope: 'TENANT' | 'API_KEY', limit: number, amount: number): Words {
  const whose = scope === 'TENANT' ? 'Your business' : 'This API key';
  return {
    message: `${whose} may spend ${limit} points a minute, and what is left is less than the ${amount} that this operation may cost.`,
    fix: 'Wait until resetAt, or ask for less: smaller pages and fewer fields cost less.',
  };
}

const requestWords = (limit: number): Words => ({
  message: `Your plan has ${limit} requests a day, and they are used up.`,
  fix: 'Wait until resetAt (midnight UTC), or choose a plan that has more.',
});

/** `field Mutation.messageSend <caller>`, `field GET /exports/audit.jsonl` */
const callerBucket = / [0-9a-f-]{36}$/;

function fieldWords(name: string, limit: number, seconds: number): Words {
  const called = name.replace(/^field (?:\w+\.)?/, '').replace(callerBucket, '');
  return {
    message: `${called} may be called ${limit} times in ${seconds} seconds, and these are used up.`,
    fix: 'Wait until resetAt; the query rateLimit says how often fields may be called.',
  };
}
