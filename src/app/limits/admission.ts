import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { ReadPlanCatalogue } from '../../auth/planCatalogue.ts';
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
import { unmeteredFields } from '../../graphql/unmetered.ts';
import type { CallerLimits } from './callerLimits.ts';
import type { CreditPool } from './creditPool.ts';
import { giveBackAll, type LimitedCall, limitedCalls, takeCalls } from './fieldLimits.ts';
import { rateLimitHeaders } from './rateLimitHeaders.ts';
import { explain, refuseHopeless } from './refusals.ts';
import type { RequestLedger } from './requestLedger.ts';
import type { Demand } from './tenantCredit.ts';

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

export interface AdmissionOptions {
  readonly pool: CreditPool;
  readonly limitsOf: (principal: Principal) => CallerLimits;
  readonly ledger: RequestLedger;
  /** For refusals that another plan would help against. */
  readonly planCatalogue: ReadPlanCatalogue;
}

export function createRequestAdmission({
  pool,
  limitsOf,
  ledger,
  planCatalogue,
}: AdmissionOptions): AdmitRequest {
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
      throw await explain(
        error,
        { principal, limits, activity: ledger.activity },
        reply,
        planCatalogue,
      );
    }
  };
}

const none: readonly Demand[] = [];

/** Without a business there is nothing to take from; what such callers try is limited by src/auth/attempts.ts. */
const free: Admission = { settle: () => null, cancel: () => undefined };

export function createAdmission(
  schema: GraphQLSchema,
  { pool, limitsOf, ledger, planCatalogue }: AdmissionOptions,
  maximumCost: number,
): Admit {
  const rateLimits = rateLimitsOf(schema);
  const unmetered = unmeteredFields(schema);
  return (asked, principal, reply, signal) => {
    requireShortLists(asked.variableValues);
    const cost = costOf(asked);
    requireAffordable(asked, cost, maximumCost);
    if (principal === null) return free;
    const limits = limitsOf(principal);
    refuseHopeless(limits, cost.requested);
    const isMetered = !isEach(cost.calls, unmetered);
    const demands = demandsOf(limits, cost, isMetered);
    const calls = limitedCalls(rateLimits, cost.calls);
    const admitted = (taken: readonly Demand[]): Admission =>
      new Admitted({
        principal,
        limits,
        cost,
        reply,
        taken: taken.length === 0 ? demands : [...taken, ...demands],
        ledger,
        isMetered,
      });
    const refused = async (error: unknown): Promise<never> => {
      throw await explain(
        error,
        { principal, limits, activity: ledger.activity },
        reply,
        planCatalogue,
      );
    };
    if (calls.length > 0) return admitCalls().then(admitted, refused);
    try {
      if (limits.credit.take(demands, performance.now())) return admitted(none);
    } catch (error) {
      return refused(error);
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

/** Whether there are fields, and all are of those. */
function isEach(calls: ReadonlyMap<string, number>, coordinates: ReadonlySet<string>): boolean {
  for (const coordinate of calls.keys()) if (!coordinates.has(coordinate)) return false;
  return calls.size > 0;
}

function demandsOf(
  { budgets, requests }: CallerLimits,
  { requested }: OperationCost,
  isMetered: boolean,
): Demand[] {
  const demands: Demand[] = [];
  for (const { held } of budgets) demands.push({ held, amount: requested });
  if (isMetered) demands.push({ held: requests, amount: 1 });
  return demands;
}

interface Admitting {
  readonly ledger: RequestLedger;
  readonly isMetered: boolean;
  readonly principal: Principal;
  readonly limits: CallerLimits;
  readonly cost: OperationCost;
  readonly reply: Reply;
  readonly taken: readonly Demand[];
}

class Admitted implements Admission {
  /** null: it is no request of the day. */
  readonly #ledger: RequestLedger;
  readonly #isMetered: boolean;
  readonly #principal: Principal;
  readonly #limits: CallerLimits;
  readonly #cost: OperationCost;
  readonly #reply: Reply;
  /** Of the narrowest budget, and of the requests. */
  readonly #windows: readonly number[];
  readonly #day: number;
  readonly #taken: readonly Demand[];
  readonly #admittedAt = performance.now();

  constructor({ ledger, isMetered, principal, limits, cost, reply, taken }: Admitting) {
    this.#taken = taken;
    this.#ledger = ledger;
    this.#isMetered = isMetered;
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
    if (this.#isMetered) {
      const [first] = this.#cost.calls.keys();
      this.#ledger.add(this.#principal, this.#day, first);
    }
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
