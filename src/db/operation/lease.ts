import {
  CommitInDoubt,
  type DatabaseError,
  OperationCancelled,
  OperationTimedOut,
  TransactionFailed,
  transactionFailed,
} from '../errors.ts';
import { classify } from '../wire/classify.ts';
import type { Connection } from '../wire/connection.ts';
import type { RawResult } from '../wire/rawResult.ts';
import type { Statement } from '../wire/statement.ts';
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
import { sendOpening } from './opening.ts';

/**
 * One connection on loan for one tenant's transaction: taken with the first statement, opened,
 * committed or rolled back, and given back clean or destroyed. It knows nothing of savepoints and
 * handles; Operation does.
 */
export class Lease implements Carrier {
  readonly #terms: CarrierTerms;
  readonly #settings: CarrierSettings;
  #connection: Connection | undefined;
  #started = false;
  #openingWritten = false;
  #commitWritten = false;
  #closed = false;
  /** Waiting for the connection, or for the next statement. */
  #held: Pending[] = [];
  /** Handed to the connection and not yet answered. */
  readonly #sent: Pending[] = [];
  #commit: PromiseWithResolvers<void> | undefined;
  #commitQueued = false;
  /** A statement in front of COMMIT that Postgres has answered with an ERROR: it can't commit any more. */
  #refusedInCommit: DatabaseError | undefined;
  #failure: DatabaseError | undefined;
  /** Why the connection may not go back to the pool. */
  #spoilt: string | undefined;
  #operationTimer: NodeJS.Timeout | undefined;
  #phaseTimer: NodeJS.Timeout | undefined;
  readonly #returned = Promise.withResolvers<void>();

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
    return this.#sent.length + this.#held.length;
  }

  send(statement: Statement, settle: Settle, when: 'now' | 'withNext' = 'now'): void {
    if (this.#failure !== undefined) return settle(this.#failure, undefined);
    this.#held.push({ statement, settle });
    if (when === 'now') this.#advance();
  }

  /** Sends COMMIT behind everything queued so far. */
  commit(): Promise<void> {
    this.#commit = Promise.withResolvers<void>();
    this.#advance();
    return this.#commit.promise;
  }

  rollback(): Promise<void> {
    if (this.#failure === undefined && !this.#closed) {
      this.#abort(rolledBack(), this.#settings.closeTimeoutMs);
    }
    return this.#returned.promise;
  }

  #advance(): void {
    if (!this.#started) this.#start();
    const connection = this.#connection;
    if (connection === undefined || this.#failure !== undefined) return;
    const held = this.#held;
    this.#held = [];
    for (const pending of held) {
      this.#sent.push(pending);
      connection.send(pending.statement, (error, result) => this.#answered(pending, error, result));
    }
    if (this.#commit !== undefined && !this.#commitQueued) this.#sendCommit(connection);
  }

  #start(): void {
    this.#started = true;
    this.#operationTimer = setTimeout(this.#onOperationTimeout, this.#settings.operationTimeoutMs);
    this.#terms.signal?.addEventListener('abort', this.#onAbort);
    const atHand = this.#settings.pool.tryAcquire();
    if (atHand !== undefined) return this.#take(atHand);
    this.#settings.pool.acquire().then(
      (connection) => this.#take(connection),
      (error: unknown) => this.#lose(unreachable(error)),
    );
  }

  #take(connection: Connection): void {
    if (this.#closed) return this.#settings.pool.release(connection);
    this.#connection = connection;
    connection.watch((error) => this.#lose(classify(error).error));
    this.#open(connection);
    this.#advance();
  }

  #open(connection: Connection): void {
    sendOpening(connection, this.#settings, this.#terms, {
      written: () => {
        this.#openingWritten = true;
      },
      failed: ({ error, lost, reusable }) => {
        if (this.#failure !== undefined) return;
        if (lost) return this.#lose(error);
        if (!reusable) this.#spoilt ??= 'the opening failed';
        this.#abort(error, this.#settings.closeTimeoutMs);
      },
    });
  }

  #answered(pending: Pending, error: Error | undefined, result: RawResult | undefined): void {
    const place = this.#sent.indexOf(pending); // hardly ever another than the first
    if (place === -1) return; // settled when the transaction failed
    if (error === undefined && result !== undefined) {
      if (this.#connection?.transactionStatus === 'I') {
        return this.#lose(new TransactionFailed('A statement ended the transaction it ran in.'));
      }
      this.#sent.splice(place, 1);
      pending.settle(undefined, result);
    } else {
      const classified = classify(error ?? new Error('no answer'));
      if (classified.lost) return this.#lose(classified.error);
      if (!classified.reusable) this.#spoilt ??= classified.error.message;
      if (this.#commit !== undefined && classified.refused) {
        this.#refusedInCommit ??= classified.error;
      }
      this.#sent.splice(place, 1);
      pending.settle(classified.error, undefined);
    }
    if (this.#commitWritten && this.#sent.length === 0) this.#timeCommit();
  }

  #sendCommit(connection: Connection): void {
    this.#commitQueued = true;
    const written = (): void => {
      this.#commitWritten = true;
      if (this.#sent.length === 0) this.#timeCommit();
    };
    const commit = this.#settings.book.own('commit');
    connection.send(commit, (...answer) => this.#committed(...answer), { alone: true, written });
  }

  /** From here on only COMMIT itself is waited for. */
  #timeCommit(): void {
    clearTimeout(this.#operationTimer);
    clearTimeout(this.#phaseTimer);
    const late = (): void => this.#lose(new OperationTimedOut('CLOSING'));
    this.#phaseTimer = setTimeout(late, this.#settings.closeTimeoutMs);
  }

  #committed(error: Error | undefined, result: RawResult | undefined): void {
    if (this.#failure !== undefined || this.#closed) return;
    if (error === undefined && result !== undefined) {
      // A transaction that failed before answers COMMIT with the tag ROLLBACK, and no error.
      if (result.command === 'COMMIT') this.#commit?.resolve();
      else this.#commit?.reject(transactionFailed(this.#refusedInCommit));
      this.#commit = undefined;
      this.#fail(ended);
      this.#giveBack();
      return;
    }
    const classified = classify(error ?? new Error('no answer'));
    if (classified.lost) return this.#lose(classified.error);
    if (!classified.reusable) this.#spoilt ??= 'COMMIT failed';
    this.#commit?.reject(transactionFailed(classified.error));
    this.#fail(classified.error);
    this.#giveBack('whenReady');
  }

  /** No further answer will come, or none that can be trusted. */
  #lose(error: DatabaseError): void {
    if (this.#closed) return;
    this.#spoilt ??= error.message;
    // Who waits for a statement in front of COMMIT must not hear that nothing was changed.
    this.#fail(this.#commitWritten ? this.#fateOfCommit(error) : error);
    this.#giveBack();
  }

  #fateOfCommit(error: DatabaseError): DatabaseError {
    if (this.#refusedInCommit !== undefined) return transactionFailed(this.#refusedInCommit);
    const doubt = new CommitInDoubt(error);
    this.#settings.onEvent({ type: 'commitInDoubt', error: doubt });
    return doubt;
  }

  readonly #onAbort = (): void => {
    if (this.#commitWritten) return; // a commit under way is never cancelled
    this.#interrupt(new OperationCancelled('The caller went away.', this.#terms.signal?.reason));
  };

  readonly #onOperationTimeout = (): void => {
    const error = new OperationTimedOut('OPERATION');
    if (this.#commitWritten) this.#lose(error);
    else this.#interrupt(error);
  };

  #interrupt(error: DatabaseError): void {
    const busy = this.#connection?.busy === true;
    this.#abort(error, busy ? hangUpGraceMs : this.#settings.closeTimeoutMs);
  }

  /** Fences and rolls back. Takes that longer than graceMs, the server is told to cancel and the connection is destroyed. */
  #abort(error: DatabaseError, graceMs: number): void {
    if (this.#failure !== undefined) return;
    this.#fail(error);
    const connection = this.#connection;
    connection?.dropUnwritten();
    if (connection === undefined || this.#spoilt !== undefined || !this.#openingWritten) {
      return this.#giveBack();
    }
    this.#phaseTimer = setTimeout(() => {
      this.#spoilt ??= 'ROLLBACK took too long';
      this.#settings.onEvent({ type: 'cancelSent' });
      void connection.cancel().then(() => this.#giveBack());
    }, graceMs);
    const undone = (problem: Error | undefined) => {
      if (problem !== undefined) this.#spoilt ??= 'ROLLBACK failed';
      this.#giveBack();
    };
    connection.send(this.#settings.book.own('rollback'), undone, { alone: true });
  }

  /** Ends the transaction for its users: everything unanswered is rejected, nothing more is sent. */
  #fail(error: DatabaseError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#operationTimer);
    clearTimeout(this.#phaseTimer);
    this.#terms.signal?.removeEventListener('abort', this.#onAbort);
    const waiting = [...this.#sent.splice(0), ...this.#held.splice(0)];
    for (const pending of waiting) pending.settle(error, undefined);
    this.#commit?.reject(error); // no effect once it has been settled
  }

  #giveBack(when: 'now' | 'whenReady' = 'now'): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#phaseTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) {
      const { pool, closeTimeoutMs } = this.#settings;
      if (when === 'now' || this.#spoilt !== undefined) pool.giveBack(connection, this.#spoilt);
      else pool.releaseWhenReady(connection, closeTimeoutMs);
    }
    this.#returned.resolve();
  }
}
