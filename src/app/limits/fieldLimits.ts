import type { GraphQLResolveInfo } from 'graphql';
import type { Principal } from '../../auth/principal.ts';
import type { HangUp } from '../../db/hangUp.ts';
import type { Bucket } from '../../features/limits/credit.ts';
import type { RateLimit } from '../../graphql/rateLimits.ts';
import { PublicError } from '../../lib/errors.ts';
import { AtomicStore } from './atomicStore.ts';
import type { CallerLimits } from './callerLimits.ts';
import type { CreditPool } from './creditPool.ts';
import { type Demand, Shortage } from './tenantCredit.ts';

/** The calls of one field in an operation, and how many there may be. */
export interface LimitedCall {
  /** `Mutation.messageSend` */
  readonly coordinate: string;
  readonly calls: number;
  readonly rateLimit: RateLimit;
}

const none: readonly LimitedCall[] = [];

/** Loaded with the first limited call: it brings graphql-shield's 280 modules, 41 of a start's 640 ms. */
let makeLimiter: typeof import('graphql-rate-limit').getGraphQLRateLimiter | undefined;

/** Those of an operation's root fields that have a limit. Most operations have none. */
export function limitedCalls(
  limits: ReadonlyMap<string, RateLimit>,
  calls: ReadonlyMap<string, number>,
): readonly LimitedCall[] {
  let found: LimitedCall[] | null = null;
  for (const [coordinate, count] of calls) {
    const rateLimit = limits.get(coordinate);
    if (rateLimit === undefined || count === 0) continue;
    found ??= [];
    found.push({ coordinate, calls: count, rateLimit });
  }
  return found ?? none;
}

/** The library's identity of a call is the field's name alone: here it is tenant, caller and coordinate. */
export function fieldBucket(
  principal: Principal,
  coordinate: string,
  { limit, window, per }: RateLimit,
): Bucket {
  const caller = principal.kind === 'USER' ? principal.memberId : principal.apiKeyId;
  const name = per === 'TENANT' ? `field ${coordinate}` : `field ${coordinate} ${caller}`;
  return { name, limit, seconds: window };
}

/** Takes all of the calls, or none. Rejects as TenantCredit.wait does. */
export async function takeCalls(
  pool: CreditPool,
  { credit }: CallerLimits,
  principal: Principal,
  calls: readonly LimitedCall[],
  signal: HangUp,
): Promise<Demand[]> {
  const taken: Demand[] = [];
  try {
    for (const call of calls) taken.push(await takeCall(call));
    return taken;
  } catch (error) {
    giveBackAll(taken);
    throw error;
  }

  async function takeCall({ coordinate, calls: count, rateLimit }: LimitedCall): Promise<Demand> {
    refuseHopeless(coordinate, count, rateLimit);
    const bucket = fieldBucket(principal, coordinate, rateLimit);
    const demand = { held: pool.held(credit, bucket), amount: count };
    const store = new AtomicStore(rateLimit.limit, async () => {
      try {
        if (!credit.take([demand], performance.now())) await credit.wait([demand], signal);
        return true;
      } catch (error) {
        if (error instanceof Shortage) return false;
        throw error;
      }
    });
    makeLimiter ??= (await import('graphql-rate-limit')).getGraphQLRateLimiter;
    const limiter = makeLimiter({ identifyContext: () => bucket.name, store });
    const refusal = await limiter(
      {
        parent: null,
        args: { calls: { length: count } },
        context: {},
        info: { fieldName: coordinate } as GraphQLResolveInfo,
      },
      { max: rateLimit.limit, window: `${rateLimit.window}s`, arrayLengthField: 'calls' },
    );
    if (refusal !== undefined) throw new Shortage(demand);
    return demand;
  }
}

/** The operation does not run after all: it called nothing. */
export function giveBackAll(taken: readonly Demand[]): void {
  const now = performance.now();
  for (const { held, amount } of taken) held.giveBack(amount, held.windowStart, now);
}

/** More calls in one operation than a window has: to wait would not help. */
function refuseHopeless(coordinate: string, calls: number, { limit, window }: RateLimit): void {
  if (calls <= limit) return;
  const field = coordinate.split('.')[1];
  throw new PublicError(
    'BAD_USER_INPUT',
    `${field} may be called ${limit} times in ${window} seconds, and this operation calls it ${calls} times.`,
    {
      extensions: { reason: 'RATE', limit, requested: calls, fix: 'Send several operations.' },
    },
  );
}
