import {
  type Carrier,
  type CarrierSettings,
  type CarrierTerms,
  ended,
  hangUpGraceMs,
  type Pending,
  rolledBack,
  type Settle,
  unreachable,
} from './carrier.ts';
import { classify } from './classify.ts';
import type { Connection } from './connection.ts';
import {
  type DatabaseError,
  OperationCancelled,
  OperationTimedOut,
  transactionFailed,
} from './errors.ts';
import type { Statement } from './statement.ts';

/**
 * A read's statements. Those that are issued in one burst go out as one batch behind
 * `app.open_read(tenant)`, which Postgres runs as one transaction that ends with the batch: no BEGIN,
 * no COMMIT, and nothing stays open between two waves, so the connection serves others meanwhile.
 */
export class ReadWaves implements Carrier {
  readonly #terms: CarrierTerms;
  readonly #settings: CarrierSettings;
  #connection: Connection | undefined;
  #acquiring = false;
  #started = false;
  /** The wave that is being collected begins with its opening. */
  #collecting = false;
  #held: Pending[] = [];
  #sent = new Set<Pending>();
  /** On the wire and not yet answered, openings included. */
  #underWay = 0;
  /** A late cancel would hit whoever uses the connection next, so nobody will. */
  #cancelling = false;
  #failure: DatabaseError | undefined;
  /** The first statement that Postgres refused. */
  #refused: DatabaseError | undefined;
  #ending: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(terms: CarrierTerms, settings: CarrierSettings) {
    this.#terms = terms;
    this.#settings = settings;
  }

  get started(): boolean {
    return this.#started;
  }

  get failure(): DatabaseError | undefined {
    return this.#failure;
  }

  get unanswered(): number {
    return this.#sent.size + this.#held.length;
  }

  send(statement: Statement, settle: Settle): void {
    if (this.#failure !== undefined) return settle(this.#failure, undefined);
    if (!this.#started) this.#start();
    this.#held.push({ statement, settle });
    this.#advance();
  }

  commit(): Promise<void> {
    const ending = this.#end();
    this.#settleEnding();
    return ending;
  }

  rollback(): Promise<void> {
    this.#interrupt(rolledBack());
    const returned = this.#end().catch(() => undefined);
    this.#settleEnding();
    return returned;
  }

  #start(): void {
    this.#started = true;
    const { operationTimeoutMs } = this.#settings;
    this.#timer = setTimeout(
      () => this.#interrupt(new OperationTimedOut('OPERATION')),
      operationTimeoutMs,
    );
    this.#terms.signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#interrupt(new OperationCancelled('The caller went away.', this.#terms.signal?.reason));
  };

  #advance(): void {
    const connection = this.#connection;
    if (connection === undefined) return this.#acquire();
    const held = this.#held;
    this.#held = [];
    for (const pending of held) {
      if (!this.#collecting) this.#open(connection);
      this.#sent.add(pending);
      this.#underWay += 1;
      connection.send(pending.statement, (error, result) => {
        this.#underWay -= 1;
        if (error === undefined && result !== undefined && this.#sent.delete(pending)) {
          pending.settle(undefined, result);
        } else if (this.#failure === undefined) {
          this.#fault(pending, error ?? new Error('no answer'));
        }
        this.#rest(connection);
      });
    }
  }

  #acquire(): void {
    if (this.#acquiring) return;
    const { pool } = this.#settings;
    const atHand = pool.tryAcquire();
    if (atHand !== undefined) return this.#take(atHand);
    this.#acquiring = true;
    pool.acquire().then(
      (connection) => {
        this.#acquiring = false;
        if (this.#failure === undefined) return this.#take(connection);
        pool.release(connection);
        this.#settleEnding();
      },
      (error: unknown) => {
        this.#acquiring = false;
        this.#fail(unreachable(error));
        this.#settleEnding();
      },
    );
  }

  #take(connection: Connection): void {
    this.#connection = connection;
    connection.watch((error) => this.#lose(connection, classify(error).error));
    this.#advance();
  }

  #open(connection: Connection): void {
    this.#collecting = true;
    this.#underWay += 1;
    const { book } = this.#settings;
    connection.send(
      book.own('select app.open_read($1::uuid)', [this.#terms.tenantId]),
      (error) => {
        this.#underWay -= 1;
        if (error !== undefined && this.#failure === undefined) {
          const { error: failure, reusable } = classify(error);
          if (reusable) this.#fail(failure);
          else this.#lose(connection, failure);
        }
        this.#rest(connection);
      },
      {
        written: () => {
          this.#collecting = false;
        },
      },
    );
  }

  #fault(pending: Pending, error: Error): void {
    const { error: failure, lost, reusable } = classify(error);
    const connection = this.#connection;
    if (connection !== undefined && (lost || !reusable)) return this.#lose(connection, failure);
    this.#refused ??= failure;
    if (this.#sent.delete(pending)) pending.settle(failure, undefined);
  }

  /** Gives the connection back once nothing is under way. */
  #rest(connection: Connection): void {
    if (this.#underWay > 0 || this.#connection !== connection || this.#cancelling) return;
    this.#connection = undefined;
    this.#settings.pool.release(connection);
    if (this.#held.length > 0) this.#advance();
    else this.#settleEnding();
  }

  #lose(connection: Connection, error: DatabaseError): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#settings.pool.destroy(connection, error.message);
    this.#fail(error);
    this.#settleEnding();
  }

  /** Fences at once. What is under way may end by itself for a moment; then the server is told to cancel it. */
  #interrupt(error: DatabaseError): void {
    if (this.#failure !== undefined) return;
    this.#fail(error);
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#underWay -= connection.dropUnwritten();
    if (this.#underWay === 0) return this.#rest(connection);
    setTimeout(() => {
      if (this.#connection !== connection) return;
      this.#cancelling = true;
      this.#settings.onEvent({ type: 'cancelSent' });
      void connection.cancel().then(() => this.#lose(connection, error));
    }, hangUpGraceMs);
  }

  #fail(error: DatabaseError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#terms.signal?.removeEventListener('abort', this.#onAbort);
    const waiting = [...this.#sent, ...this.#held];
    this.#sent.clear();
    this.#held = [];
    for (const pending of waiting) pending.settle(error, undefined);
  }

  #end(): Promise<void> {
    this.#ending ??= Promise.withResolvers<void>();
    return this.#ending.promise;
  }

  #settleEnding(): void {
    if (this.#ending === undefined || this.#connection !== undefined || this.#acquiring) return;
    if (this.unanswered > 0) return;
    const failure = this.#failure ?? (this.#refused && transactionFailed(this.#refused));
    this.#fail(ended);
    if (failure === undefined) this.#ending.resolve();
    else this.#ending.reject(failure);
  }
}
