import type { RawResult } from './batch.ts';
import type { CarrierSettings, CarrierTerms, Pending } from './carrier.ts';
import {
  CommitInDoubt,
  type DatabaseError,
  DatabaseUnavailable,
  isDatabaseError,
  OperationCancelled,
  StatementFailed,
  transactionFailed,
} from './errors.ts';
import { JoinedInserts, type Piece, partOf } from './joinedInserts.ts';
import { Lease } from './lease.ts';
import type { Place } from './place.ts';

/** A write that is whole: these statements and COMMIT, and nothing that is decided in between. */
export interface WholeWrite {
  readonly terms: CarrierTerms;
  readonly statements: readonly Pending[];
}

interface Queued extends WholeWrite {
  readonly commit: PromiseWithResolvers<void>;
}

/**
 * Groups of one tenant that are under way at a time, each on a connection. Fewer than it has turns
 * (TenantTurns), for who comes when all lanes are busy needs one to get in line.
 */
export const lanesFor = (poolSize: number): number =>
  Math.max(1, Math.min(6, Math.floor(poolSize * 0.6)));
const mostInGroup = 16;
/** So many wait without a turn of their own; who comes then keeps his. */
const mostWaiting = 64;
/** A 503 now is worth more than an answer too late. */
const longestWaitMs = 2_000;
/** A group waits no longer for a lock that one of its writes needs: the others should not have to. */
const lockTimeoutMs = 100;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const lockNotAvailable = '55P03';

interface Tenant {
  lanes: number;
  readonly waiting: Waiting[];
  /** For whoever waits longest; one for all, as a timer for each would be 2 % of a create. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Several writes of one tenant in one transaction: one BEGIN, one COMMIT and one flush for all that came
 * while others were under way, as Postgres' own group commit does for its log. Only for writes that are
 * whole before anything of them is sent: with nothing to decide in between they go out in one piece, and
 * one round trip is waited for. BEGIN, the tenant and the statements have one Sync, COMMIT its own: when
 * BEGIN or anything else fails, the server discards what is behind it, and COMMIT ends what is left.
 *
 * Nobody hears of a statement before all of the group have succeeded. When one is refused, nothing of the
 * group persists, and each of its writes is sent again in a transaction and a turn of its own: so each
 * succeeds or fails as if there were no others. When nobody knows whether COMMIT took effect, it is in doubt
 * for all of them.
 *
 * A lane is one such transaction after the other, while anybody waits. It holds the turn of the write that
 * began it, so that one tenant's groups and other operations have no more connections than its turns.
 */
export class WriteGroups {
  readonly #settings: CarrierSettings;
  readonly #inserts: JoinedInserts;
  readonly #mostLanes: number;
  readonly #tenants = new Map<string, Tenant>();

  constructor(settings: CarrierSettings, poolSize: number) {
    this.#settings = settings;
    this.#mostLanes = lanesFor(poolSize);
    this.#inserts = new JoinedInserts(settings.book);
  }

  /** Resolves when Postgres has committed; rejects as TenantOperation.commit does. */
  join(write: WholeWrite): Promise<void> {
    const { tenantId, place } = write.terms;
    const queued: Queued = { ...write, commit: Promise.withResolvers() };
    let tenant = this.#tenants.get(tenantId);
    if (tenant === undefined) {
      tenant = { lanes: 0, waiting: [], timer: undefined };
      this.#tenants.set(tenantId, tenant);
    }
    if (tenant.lanes < this.#mostLanes) {
      tenant.lanes += 1;
      void this.#serve(tenant, queued, place?.handOver());
    } else {
      if (tenant.waiting.length < mostWaiting) place?.leave();
      tenant.waiting.push(new Waiting(queued, tenant.waiting));
      tenant.timer ??= this.#giveUpLater(tenant, longestWaitMs);
    }
    return queued.commit.promise;
  }

  #giveUpLater(tenant: Tenant, ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      tenant.timer = undefined;
      const late = performance.now() - longestWaitMs;
      for (const waiting of [...tenant.waiting]) {
        if (waiting.since > late) {
          tenant.timer = this.#giveUpLater(tenant, Math.ceil(waiting.since - late));
          return;
        }
        waiting.giveUp(
          new DatabaseUnavailable('ACQUIRE_TIMED_OUT', 'Its turn did not come in time.'),
        );
      }
    }, ms).unref();
  }

  async #serve(tenant: Tenant, first: Queued, place: Place | undefined): Promise<void> {
    let group = [first];
    while (group.length > 0) {
      await this.#send(group);
      group = tenant.waiting.splice(0, mostInGroup).map((each) => each.take());
    }
    tenant.lanes -= 1;
    if (tenant.lanes === 0) this.#tenants.delete(first.terms.tenantId);
    place?.leave();
  }

  /** Resolves when it is over; what is sent again alone may not be. */
  async #send(group: readonly Queued[]): Promise<void> {
    const [{ terms }] = group as [Queued];
    const signal = group.length === 1 ? terms.signal : undefined;
    const lease = new Lease({ tenantId: terms.tenantId, signal, lockTimeoutMs }, this.#settings);
    const answers = new Answers(group);
    for (const piece of answers.steps.flatMap((step) => this.#inserts.join(step))) {
      lease.send(piece.statement, (error, result) => answers.add(piece, error, result));
    }
    try {
      await lease.commit();
      for (const { commit } of group) commit.resolve();
    } catch (error) {
      const failure = isDatabaseError(error) ? error : transactionFailed(undefined);
      if (answers.isWorthAnotherTry(failure)) {
        for (const write of group) void this.#sendAgain(write);
      } else {
        answers.fail(failure);
        for (const { commit } of group) commit.reject(failure);
      }
    }
  }

  async #sendAgain(write: Queued): Promise<void> {
    const { terms, statements, commit } = write;
    const { place, signal } = terms;
    try {
      await place?.enter();
    } catch (error) {
      const busy = 'No turn for it came free in time.';
      return giveUp(write, new DatabaseUnavailable('TOO_MANY_WAITERS', busy, error));
    }
    if (signal?.aborted) return giveUp(write, cancelled(signal.reason));
    const lease = new Lease(terms, this.#settings);
    for (const { statement, settle } of statements) lease.send(statement, settle);
    await lease.commit().then(commit.resolve, commit.reject);
  }
}

/** What Postgres answers to a group's statements, kept until it is certain that they all hear it. */
class Answers {
  /**
   * The first statement of each write, then the second of each …: so each write's own come in their order,
   * and those of the same table one after the other.
   */
  readonly steps: readonly Pending[][];
  readonly #group: readonly Queued[];
  readonly #results = new Map<Pending, RawResult>();
  #left = 0;
  #refusal: StatementFailed | undefined;

  constructor(group: readonly Queued[]) {
    this.#group = group;
    const steps: Pending[][] = [];
    for (const { statements } of group) {
      for (const [step, pending] of statements.entries()) {
        steps[step] ??= [];
        steps[step].push(pending);
        this.#left += 1;
      }
    }
    this.steps = steps;
  }

  add(piece: Piece, error: DatabaseError | undefined, result: RawResult | undefined): void {
    if (result === undefined) {
      if (error instanceof StatementFailed) this.#refusal ??= error;
      return;
    }
    for (const [place, pending] of piece.stands.entries()) {
      this.#results.set(pending, partOf(piece, result, place));
    }
    this.#left -= piece.stands.length;
    if (this.#left > 0) return;
    for (const [{ settle }, own] of this.#results) settle(undefined, own);
  }

  /** Whether the failure is one write's own, and certain, so that alone the others may succeed. */
  isWorthAnotherTry(failure: DatabaseError): boolean {
    if (this.#refusal === undefined || failure instanceof CommitInDoubt) return false;
    return this.#group.length > 1 || this.#refusal.sqlState === lockNotAvailable;
  }

  /** Without effect where they have succeeded. */
  fail(failure: DatabaseError): void {
    if (this.#left === 0) return;
    for (const { settle } of this.steps.flat()) settle(this.#refusal ?? failure, undefined);
  }
}

/** A write in line for the next group. */
class Waiting {
  /** By performance.now(). */
  readonly since = performance.now();
  readonly #write: Queued;
  readonly #line: Waiting[];

  constructor(write: Queued, line: Waiting[]) {
    this.#write = write;
    this.#line = line;
    write.terms.signal?.addEventListener('abort', this.#onAbort);
  }

  take(): Queued {
    this.#write.terms.signal?.removeEventListener('abort', this.#onAbort);
    return this.#write;
  }

  giveUp(error: DatabaseError): void {
    this.#line.splice(this.#line.indexOf(this), 1);
    giveUp(this.take(), error);
  }

  readonly #onAbort = (): void => this.giveUp(cancelled(this.#write.terms.signal?.reason));
}

function giveUp({ statements, commit }: Queued, error: DatabaseError): void {
  for (const { settle } of statements) settle(error, undefined);
  commit.reject(error);
}

const cancelled = (reason: unknown): DatabaseError =>
  new OperationCancelled('The caller went away.', reason);
