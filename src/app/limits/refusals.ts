import type { Plan } from '../../auth/lookups.ts';
import type { ReadPlanCatalogue } from '../../auth/planCatalogue.ts';
import type { Principal } from '../../auth/principal.ts';
import { planAdvice } from '../../auth/refusals.ts';
import { OperationCancelled } from '../../db/errors.ts';
import type { Reply } from '../../graphql/reply.ts';
import { PublicError } from '../../lib/errors.ts';
import type { ActivityBook } from './activityBook.ts';
import type { CallerLimits } from './callerLimits.ts';
import { rateLimitHeaders } from './rateLimitHeaders.ts';
import { type Demand, GaveUp, Shortage, TooManyWaiting } from './tenantCredit.ts';

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

type Caller = Readonly<{ principal: Principal; limits: CallerLimits; activity: ActivityBook }>;

/** What the caller is told instead of `error`; a shortage is in the headers of the answer, too, and counted. */
export async function explain(
  error: unknown,
  caller: Caller,
  reply: Pick<Reply, 'setRetryAfter' | 'setRateLimit'>,
  planCatalogue: ReadPlanCatalogue,
): Promise<unknown> {
  if (error instanceof Shortage) {
    caller.activity.refused(caller.principal.tenantId);
    const now = performance.now();
    const { held } = error.demand;
    reply.setRetryAfter(Math.max(1, Math.ceil((held.endsAt - now) / 1000)));
    const headers = rateLimitHeaders(caller.limits, now);
    if (headers !== null) reply.setRateLimit(headers.policy, headers.state);
    const remaining = held.remaining(now);
    const words = await wordsFor(caller, error.demand, planCatalogue);
    return explainShortage(caller.limits, error.demand, remaining, words);
  }
  if (error instanceof TooManyWaiting) {
    return new PublicError('UNAVAILABLE', 'Too many operations of this business wait already.');
  }
  // As other hang-ups are told: nobody's fault, and no line in the log each.
  if (error instanceof GaveUp) return new OperationCancelled('The caller went away.', error);
  return error;
}

/** What is left is not enough, and when there is more. */
function explainShortage(
  limits: CallerLimits,
  { held, amount }: Demand,
  remaining: number,
  { message, fix, ofPlans }: Words,
): PublicError {
  const budget = limits.budgets.find((each) => each.held === held);
  const perCaller = !budget && callerBucket.test(held.bucket.name);
  return new PublicError('RATE_LIMITED', message, {
    extensions: {
      reason: 'QUOTA',
      scope: perCaller ? 'CALLER' : (budget?.scope ?? 'TENANT'),
      limit: held.bucket.limit,
      remaining,
      requested: amount,
      resetAt: held.resetAt,
      ...ofPlans,
      fix,
    },
  });
}

async function wordsFor(
  { principal, limits }: Caller,
  { held, amount }: Demand,
  planCatalogue: ReadPlanCatalogue,
): Promise<Words> {
  const { limit, name, seconds } = held.bucket;
  const scope = limits.budgets.find((each) => each.held === held)?.scope;
  if (scope === 'API_KEY') {
    return {
      message: `This API key may spend ${limit} points a minute, and what is left is less than the ${amount} that this operation may cost.`,
      fix: `Wait until resetAt, or ${askForLess}`,
    };
  }
  const ofRequests = held === limits.requests;
  if (scope === undefined && !ofRequests) return fieldWords(name, limit, seconds);
  const more = await whoHasMore(
    principal,
    ofRequests ? requestMeter : costMeter,
    limit,
    planCatalogue,
  );
  return {
    ofPlans: more.ofPlans,
    ...(ofRequests
      ? {
          message: `Your business has ${limit} requests a day${more.message}, and they are used up.`,
          fix: `Wait until resetAt (midnight UTC).${more.fix}`,
        }
      : {
          message: `Your business may spend ${limit} points a minute${more.message}, and what is left is less than the ${amount} that this operation may cost.`,
          fix: `Wait until resetAt, or ${askForLess}${more.fix}`,
        }),
  };
}

const askForLess = 'ask for less: smaller pages and fewer fields cost less.';
const requestMeter = 'API_REQUESTS_PER_DAY';
const costMeter = 'COST_PER_MINUTE';

/** Which plans have more than `limit`, as parts of sentences. */
async function whoHasMore(
  principal: Principal,
  meter: string,
  limit: number,
  planCatalogue: ReadPlanCatalogue,
) {
  // A refusal needs no database: without the catalogue it names no plan.
  const plans = await planCatalogue().then((read) => read.plans, none);
  const own = plans.find(({ code }) => code === principal.plan);
  if (own === undefined) return { ofPlans: { plan: principal.plan }, message: '', fix: '' };
  if (own.limits[meter] !== limit) {
    const fix = ' It was agreed for your business: for more, ask an operator of the platform.';
    return { ofPlans: { plan: own.code, plans: [] }, message: '', fix };
  }
  const larger = plans.filter(({ limits }) => (limits[meter] ?? Number.POSITIVE_INFINITY) > limit);
  const [next] = larger;
  const hint = next ? ` (${next.name} has ${next.limits[meter] ?? 'what is agreed'})` : '';
  return {
    ofPlans: { plan: own.code, plans: larger.map(({ code }) => code) },
    message: ` with the plan ${own.name}${hint}`,
    fix: ` ${planAdvice(principal, larger, 'more')}`,
  };
}

const none = (): readonly Plan[] => [];

interface Words {
  readonly message: string;
  readonly fix: string;
  /** The plan of the business, and those that have more. */
  readonly ofPlans?: { readonly plan: string; readonly plans?: readonly string[] };
}

/** `field Mutation.messageSend <caller>`, `field GET /exports/audit.jsonl` */
const callerBucket = / [0-9a-f-]{36}$/;

function fieldWords(name: string, limit: number, seconds: number): Words {
  const called = name.replace(/^field (?:\w+\.)?/, '').replace(callerBucket, '');
  return {
    message: `${called} may be called ${limit} times in ${seconds} seconds, and these are used up.`,
    fix: 'Wait until resetAt; the query rateLimit says how often fields may be called.',
  };
}
