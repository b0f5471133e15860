import type { ExecutionResult } from 'graphql';
import type { Principal } from '../../auth/principal.ts';
import type { HangUp } from '../../db/hangUp.ts';
import { requireShortLists } from '../../graphql/armour/inputLimits.ts';
import { requireAffordable } from '../../graphql/cost/maximum.ts';
import {
  type AskedOperation,
  costOf,
  type OperationCost,
} from '../../graphql/cost/operationCost.ts';
import { rateLimitsOf } from '../../graphql/rateLimits.ts';
import type { Reply } from '../../graphql/reply.ts';
import { PublicError } from '../../lib/errors.ts';
import type { CallerLimits } from './callerLimits.ts';
import type { CreditPool } from './creditPool.ts';
import { giveBackAll, type LimitedCall, limitedCalls, takeCalls } from './fieldLimits.ts';
import { rateLimitHeaders } from './rateLimitHeaders.ts';
import { explainShortage, refuseHopeless } from './refusals.ts';
import type { RequestLedger } from './requestLedger.ts';
import { type Demand, GaveUp, Shortage, TooManyWaiting } from './tenantCredit.ts';

/** An operation that may run. */
export interface Admission {
  /**
   * Counts the operation and gives back what it did not use; null: its execution threw. Answers what
   * the result says in `extensions`, null: nothing.
   */
  settle(result: ExecutionResult | null): Readonly<Record<string, unknown>> | null;
  /** It does not run after all: nothing is counted. */
  cancel(): void;
}

/**
 * Decides before anything is executed, and before a connection is taken. Throws a PublicError for what
 * may not run. A promise only where memory cannot tell: the usual request waits for nothing.
 */
export type Admit = (
  asked: AskedOperation,
  principal: Principal | null,
  reply: Reply,
  signal: HangUp,
) => Admission | Promise<Admission>;

/** What is asked over HTTP beside GraphQL: one request of the day, and a call of its own limit. */
export type AdmitRequest = (
  call: LimitedCall,
  principal: Principal,
  reply: Pick<Reply, 'setRetryAfter' | 'setRateLimit'>,
  signal: HangUp,
) => Promise<{ settle(): void; cancel(): void }>;

export function createRequestAdmission(
  pool: CreditPool,
  limitsOf: (principal: Principal) => CallerLimits,
  ledger: RequestLedger,
): AdmitRequest {
  return async (call, principal, reply, signal) => {
    const limits = limitsOf(principal);
    const demands = [{ held: limits.requests, amount: 1 }];
    try {
      const taken = await takeCalls(pool, limits, principal, [call], signal);
      try {
        if (!limits.credit.take(demands, performance.now())) {
          await limits.credit.wait(demands, signal);
        }
      } catch (error) {
        giveBackAll(taken);
        throw error;
      }
      const day = limits.requests.windowStart;
      return {
        settle: () => ledger.add(principal, day, call.coordinate),
        cancel: () => giveBackAll([...taken, ...demands]),
      };
    } catch (error) {
      throw explain(error, ledger, principal, limits, reply);
    }
  };
}

const none: readonly Demand[] = [];

/** Without a business there is nothing to take from; what such callers try is limited by src/auth/attempts.ts. */
const free: Admission = { settle: () => null, cancel: () => undefined };

export function createAdmission(
  pool: CreditPool,
  limitsOf: (principal: Principal) => CallerLimits,
  ledger: RequestLedger,
  maximumCost: number,
): Admit {
  return (asked, principal, reply, signal) => {
    requireShortLists(asked.variableValues);
    const cost = costOf(asked);
    requireAffordable(asked, cost, maximumCost);
    if (principal === null) return free;
    const limits = limitsOf(principal);
    refuseHopeless(limits, cost.requested);
    const demands = demandsOf(limits, cost);
    const calls = limitedCalls(rateLimitsOf(asked.schema), cost.calls);
    const admitted = (taken: readonly Demand[]): Admission =>
      new Admitted(ledger, principal, limits, cost, reply, [...taken, ...demands]);
    const refused = (error: unknown): never => {
      throw explain(error, ledger, principal, limits, reply);
    };
    if (calls.length > 0) return admitCalls().then(admitted, refused);
    try {
      if (limits.credit.take(demands, performance.now())) return admitted(none);
    } catch (error) {
      refused(error);
    }
    return limits.credit.wait(demands, signal).then(() => admitted(none), refused);

    /** Narrow limits first: what they refuse uses up nothing of the others. */
    async function admitCalls(): Promise<readonly Demand[]> {
      const who = principal as Principal;
      const taken = await takeCalls(pool, limits, who, calls, signal);
      try {
        if (!limits.credit.take(demands, performance.now())) {
          await limits.credit.wait(demands, signal);
        }
        return taken;
      } catch (error) {
        giveBackAll(taken);
        throw error;
      }
    }
  };
}

function demandsOf({ budgets, requests }: CallerLimits, { requested }: OperationCost): Demand[] {
  const demands: Demand[] = [];
  for (const { held } of budgets) demands.push({ held, amount: requested });
  demands.push({ held: requests, amount: 1 });
  return demands;
}

function explain(
  error: unknown,
  { activity }: RequestLedger,
  { tenantId }: Principal,
  limits: CallerLimits,
  reply: Pick<Reply, 'setRetryAfter' | 'setRateLimit'>,
): unknown {
  if (error instanceof Shortage) {
    activity.refused(tenantId);
    const now = performance.now();
    const explained = explainShortage(limits, error.demand, now);
    reply.setRetryAfter(explained.retryAfterSeconds);
    const headers = rateLimitHeaders(limits, now);
    if (headers !== null) reply.setRateLimit(headers.policy, headers.state);
    return explained.error;
  }
  if (error instanceof TooManyWaiting) {
    return new PublicError('UNAVAILABLE', 'Too many operations of this business wait already.');
  }
  if (error instanceof GaveUp) return new PublicError('TIMED_OUT', 'The request was given up.');
  return error;
}

class Admitted implements Admission {
  readonly #ledger: RequestLedger;
  readonly #principal: Principal;
  readonly #limits: CallerLimits;
  readonly #cost: OperationCost;
  readonly #reply: Reply;
  /** Of the narrowest budget, and of the requests. */
  readonly #windows: readonly number[];
  readonly #day: number;
  readonly #taken: readonly Demand[];
  readonly #admittedAt = performance.now();

  constructor(
    ledger: RequestLedger,
    principal: Principal,
    limits: CallerLimits,
    cost: OperationCost,
    reply: Reply,
    taken: readonly Demand[],
  ) {
    this.#taken = taken;
    this.#ledger = ledger;
    this.#principal = principal;
    this.#limits = limits;
    this.#cost = cost;
    this.#reply = reply;
    this.#windows = limits.budgets.map(({ held }) => held.windowStart);
    this.#day = limits.requests.windowStart;
  }

  cancel(): void {
    giveBackAll(this.#taken);
  }

  settle(result: ExecutionResult | null): Readonly<Record<string, unknown>> | null {
    const { requested } = this.#cost;
    const now = performance.now();
    const actual = Math.min(requested, this.#cost.actual(result?.data));
    const { budgets } = this.#limits;
    for (let place = 0; place < budgets.length; place += 1) {
      budgets[place]?.held.giveBack(requested - actual, this.#windows[place] ?? 0, now);
    }
    const [first] = this.#cost.calls.keys();
    this.#ledger.add(this.#principal, this.#day, first);
    this.#ledger.activity.answered(this.#principal.tenantId, now - this.#admittedAt, result);
    const headers = rateLimitHeaders(this.#limits, now);
    if (headers !== null) this.#reply.setRateLimit(headers.policy, headers.state);
    return { cost: { requested, actual, budget: budgetOf(this.#limits, now) } };
  }
}

/** The one that ends first for this caller; null: none does. */
function budgetOf({ budgets }: CallerLimits, now: number): object | null {
  const [narrow, wide] = budgets;
  if (narrow === undefined) return null;
  const { held } =
    wide !== undefined && wide.held.remaining(now) < narrow.held.remaining(now) ? wide : narrow;
  return {
    limit: held.bucket.limit,
    remaining: held.remaining(now),
    resetAt: held.resetAt,
  };
}
