import {
  type DatabaseError,
  DatabaseUnavailable,
  OperationCancelled,
  StatementFailed,
  transactionFailed,
} from '../errors.ts';
import type { Place } from '../place.ts';
import type { RawResult } from '../wire/rawResult.ts';
import type { CarrierSettings, CarrierTerms, Pending } from './carrier.ts';
import { JoinedInserts, type Piece, partOf } from './joinedInserts.ts';
import { WholeTransaction } from './wholeTransaction.ts';

/** A write that is whole: these statements and COMMIT, and nothing that is decided in between. */
export interface WholeWrite {
  readonly terms: CarrierTerms;
  readonly statements: readonly Pending[];
}

interface Queued extends WholeWrite {
  readonly commit: PromiseWithResolvers<void>;
}

/**
 * Groups of one tenant that are under way at a time, each on a connection. More make smaller groups, which
 * cost each of their writes more; fewer wait longer for a distant Postgres (DECISIONS 112). Fewer than it
 * has turns (TenantTurns), for who comes when all lanes are busy needs one to get in line.
 */
export const lanesFor = (poolSize: number): number =>
  Math.max(1, Math.min(4, Math.floor(poolSize * 0.6)));
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
 * Several writes of one tenant in one transaction (WholeTransaction): one flush and one commit for all that
 * came while others were under way, as Postgres' own group commit does for its log. Only for writes that are
 * whole before anything of them is sent.
 *
 * When one is refused, nothing of the group persists, and each of its writes is sent again in a transaction
 * and a turn of its own: so each succeeds or fails as if there were no others. When nobody knows whether the
 * commit took effect, it is in doubt for all of them.
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
      this.#serve(tenant, [queued], place?.handOver());
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

  #serve(tenant: Tenant, group: readonly Queued[], place: Place | undefined): void {
    const [{ terms }] = group as readonly [Queued];
    const signal = group.length === 1 ? terms.signal : undefined;
    const pieces = this.#piecesOf(group);
    const statements = pieces.map(({ statement }) => statement);
    const whole = { tenantId: terms.tenantId, signal, lockTimeoutMs };
    new WholeTransaction(statements, whole, this.#settings, (failure, results) => {
      // First what Postgres has to do next, then what is to be made of what it has done.
      const next = tenant.waiting.splice(0, mostInGroup).map((each) => each.take());
      if (next.length > 0) this.#serve(tenant, next, place);
      else this.#rest(tenant, terms.tenantId, place);
      if (failure === undefined) return tell(group, pieces, results);
      const again = isWorthAnotherTry(group, failure);
      for (const write of group) {
        if (again) void this.#sendAgain(write);
        else giveUp(write, failure);
      }
    }).send();
  }

  #rest(tenant: Tenant, tenantId: string, place: Place | undefined): void {
    tenant.lanes -= 1;
    if (tenant.lanes === 0) this.#tenants.delete(tenantId);
    place?.leave();
  }

  /**
   * The first statement of each write, then the second of each …: so each write's own come in their order,
   * and those of the same table one after the other.
   */
  #piecesOf(group: readonly Queued[]): Piece[] {
    const steps: Pending[][] = [];
    for (const { statements } of group) {
      for (const [step, pending] of statements.entries()) {
        steps[step] ??= [];
        steps[step].push(pending);
      }
    }
    const pieces: Piece[] = [];
    for (const step of steps) this.#inserts.join(step, pieces);
    return pieces;
  }

  async #sendAgain(write: Queued): Promise<void> {
    const { terms } = write;
    try {
      await terms.place?.enter();
    } catch (error) {
      if (error instanceof OperationCancelled) return giveUp(write, error);
      const busy = 'No turn for it came free in time.';
      return giveUp(write, new DatabaseUnavailable('TOO_MANY_WAITERS', busy, error));
    }
    if (terms.signal?.aborted) return giveUp(write, cancelled(terms.signal.reason));
    const pieces = this.#piecesOf([write]);
    const statements = pieces.map(({ statement }) => statement);
    new WholeTransaction(statements, terms, this.#settings, (failure, results) => {
      if (failure === undefined) tell([write], pieces, results);
      else giveUp(write, failure);
    }).send();
  }
}

/** Whether the failure is one write's own, and certain, so that alone the others may succeed. */
function isWorthAnotherTry(group: readonly Queued[], failure: DatabaseError): boolean {
  if (!(failure instanceof StatementFailed)) return false;
  return group.length > 1 || failure.sqlState === lockNotAvailable;
}

function tell(
  group: readonly Queued[],
  pieces: readonly Piece[],
  results: readonly RawResult[],
): void {
  for (const [index, piece] of pieces.entries()) {
    const result = results[index] as RawResult;
    for (const [row, { settle }] of piece.stands.entries()) {
      settle(undefined, partOf(piece, result, row));
    }
  }
  for (const { commit } of group) commit.resolve();
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
  commit.reject(error instanceof StatementFailed ? transactionFailed(error) : error);
}

const cancelled = (reason: unknown): DatabaseError =>
  new OperationCancelled('The caller went away.', reason);
