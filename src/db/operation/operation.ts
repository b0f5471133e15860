import {
  CommitInDoubt,
  type DatabaseError,
  ForbiddenStatement,
  HandleClosed,
  OperationCancelled,
  StatementFailed,
  type TransactionFailed,
  transactionFailed,
} from '../errors.ts';
import type { HangUp } from '../hangUp.ts';
import type {
  Decode,
  Note,
  OperationOptions,
  TenantOperation,
  TenantTransaction,
} from '../transaction.ts';
import { classify, failedTransactionState } from '../wire/classify.ts';
import type { Statement, StatementRequest } from '../wire/statement.ts';
import type { Carrier, CarrierSettings } from './carrier.ts';
import { Frame, tolerated } from './frame.ts';
import { GroupedWrite } from './groupedWrite.ts';
import { Lease } from './lease.ts';
import type { ReadLane } from './readLane.ts';
import { ReadWaves } from './readWaves.ts';
import type { WriteGroups } from './writeGroups.ts';

/** The fence around one tenant transaction: who may send what, and whether it may still commit. */
export class Operation implements TenantOperation {
  readonly #carrier: Carrier;
  readonly #settings: CarrierSettings;
  readonly #signal: HangUp | undefined;
  readonly #mayComplete: boolean;
  readonly #root: Frame;
  #current: Frame;
  #committing: Promise<void> | undefined;
  #rolledBack: Promise<void> | undefined;
  #endListeners: (() => void)[] | undefined;
  #hasEnded = false;
  #hasCommitted = false;

  constructor(
    tenantId: string,
    options: OperationOptions,
    settings: CarrierSettings,
    { groups, lane }: { groups: WriteGroups; lane: ReadLane },
  ) {
    if (typeof tenantId !== 'string') throw new TypeError('An operation needs its tenant.');
    this.#settings = settings;
    this.#signal = options.signal;
    const { mode, signal, place, mayComplete = false } = options;
    // As Postgres writes it, for answers are compared with it.
    const terms = { tenantId: tenantId.toLowerCase(), signal, place };
    this.#mayComplete = mayComplete;
    if (mode === 'read') this.#carrier = new ReadWaves(terms, settings, lane);
    else if (mayComplete) this.#carrier = new GroupedWrite(terms, settings, groups);
    else this.#carrier = new Lease(terms, settings);
    this.#root = new Frame(this, tenantId, options, undefined);
    this.#current = this.#root;
  }

  get tx(): TenantTransaction {
    return this.#root;
  }

  get started(): boolean {
    return this.#carrier.started;
  }

  /** Nothing is on its way and nothing has failed. */
  get atRest(): boolean {
    return (
      this.#carrier.unanswered === 0 &&
      this.#carrier.failure === undefined &&
      this.#root.failure === undefined
    );
  }

  get hasCommitted(): boolean {
    return this.#hasCommitted;
  }

  get notes(): readonly Note[] {
    return this.#root.notes;
  }

  commit(): Promise<void> {
    if (this.#root.rehearsed)
      return Promise.reject(new HandleClosed('A rehearsal is never committed.'));
    if (this.#rolledBack !== undefined)
      return Promise.reject(new HandleClosed('The transaction was rolled back.'));
    this.#committing ??= handled(this.#commit());
    return this.#committing;
  }

  rollback(): Promise<void> {
    if (this.#committing !== undefined) return this.#committing.catch(() => undefined);
    this.#rolledBack ??= this.#rollback();
    return this.#rolledBack;
  }

  complete(frame: Frame, statements: number): void {
    if (!this.#mayComplete || frame !== this.#root || this.#current !== frame) return;
    if (frame.unanswered === statements) void this.commit();
  }

  afterEnd(listener: () => void): void {
    if (this.#hasEnded) return listener();
    this.#endListeners ??= [];
    this.#endListeners.push(listener);
  }

  run<T>(frame: Frame, request: StatementRequest, decode: Decode<T>): Promise<T> {
    const refusal = this.#refusal(frame);
    if (refusal !== undefined) return tolerated(Promise.reject(refusal));
    let statement: Statement;
    try {
      statement = this.#settings.book.admit(request);
    } catch (error) {
      const forbidden =
        error instanceof ForbiddenStatement
          ? error
          : new ForbiddenStatement('The statement was refused.', error);
      // It did not run, so what its caller meant to happen did not: no COMMIT any more.
      frame.fail(forbidden);
      return tolerated(Promise.reject(forbidden));
    }
    this.#beginSavepoints(frame);
    return this.#send(frame, statement, decode);
  }

  async savepoint<T>(outer: Frame, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    const refusal = this.#refusal(outer);
    if (refusal !== undefined) throw refusal;
    const inner = new Frame(this, outer.tenantId, outer, outer);
    this.#current = inner;
    try {
      const value = await work(inner);
      inner.closed = true;
      await inner.drained();
      const failure = this.#carrier.failure ?? inner.effectiveFailure;
      if (failure !== undefined) throw failure;
      this.#current = outer;
      inner.released();
      if (inner.begun) this.#sendOwn(outer, `release savepoint s${inner.depth}`, 'withNext');
      return value;
    } catch (error) {
      inner.closed = true;
      await inner.drained();
      await this.#undo(inner, outer);
      throw error;
    }
  }

  async #commit(): Promise<void> {
    if (this.#current !== this.#root) {
      this.#root.fail(new HandleClosed('commit() was called while a savepoint is open.'));
    }
    const failure =
      this.#carrier.failure ?? (this.#root.failure && transactionFailed(this.#root.failure));
    if (failure !== undefined) {
      await this.#rollback();
      throw failure;
    }
    try {
      if (this.started) await this.#carrier.commit();
    } catch (error) {
      if (!(error instanceof CommitInDoubt)) this.#ended();
      throw error;
    }
    this.#hasCommitted = this.started;
    this.#ended();
    this.#root.committed();
  }

  async #rollback(): Promise<void> {
    if (this.started) await this.#carrier.rollback();
    this.#ended();
  }

  #ended(): void {
    this.#hasEnded = true;
    for (const listener of this.#endListeners ?? []) listener();
  }

  /** Why this frame may not send a statement now. */
  #refusal(frame: Frame): DatabaseError | undefined {
    if (this.#carrier.failure !== undefined) return this.#carrier.failure;
    if (frame.closed || this.#committing !== undefined || this.#rolledBack !== undefined) {
      return new HandleClosed('This transaction handle is used after its end.');
    }
    const failure = frame.effectiveFailure;
    if (failure !== undefined) return transactionFailed(failure);
    if (frame !== this.#current) {
      const misuse = new HandleClosed(
        'This transaction handle is used while a savepoint in it is open.',
      );
      // As above: something that was meant to happen will not.
      frame.fail(misuse);
      return misuse;
    }
    if (this.#signal?.aborted) {
      const cancelled = new OperationCancelled('The caller went away.', this.#signal.reason);
      frame.fail(cancelled);
      return cancelled;
    }
    return undefined;
  }

  /** SAVEPOINT goes out with the frame's first statement; a frame without one costs nothing. */
  #beginSavepoints(frame: Frame): void {
    // A read changes nothing that a savepoint could undo.
    if (frame.begun || frame.parent === undefined || frame.mode === 'read') return;
    this.#beginSavepoints(frame.parent);
    frame.begun = true;
    this.#sendOwn(frame, `savepoint s${frame.depth}`, 'withNext');
  }

  /** Undoes a savepoint's work and waits for the answer: only a successful ROLLBACK TO clears a failure. */
  async #undo(inner: Frame, outer: Frame): Promise<void> {
    if (inner.begun && outer.effectiveFailure === undefined) {
      // RELEASE behind it, because ROLLBACK TO alone leaves the savepoint standing.
      this.#sendOwn(outer, `rollback to savepoint s${inner.depth}`, 'now');
      this.#sendOwn(outer, `release savepoint s${inner.depth}`, 'now');
      await outer.drained();
    }
    this.#current = outer;
  }

  #send<T>(frame: Frame, statement: Statement, decode: Decode<T>): Promise<T> {
    frame.statementQueued();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    // Listened to only where it rejects: a promise less for each statement that succeeds.
    const refuse = (reason: DatabaseError): void => {
      void tolerated(promise);
      reject(reason);
    };
    this.#carrier.send(statement, (error, result) => {
      try {
        if (error === undefined && result !== undefined) resolve(decode(result));
        else refuse(this.#failed(frame, error));
      } catch (problem) {
        refuse(this.#failed(frame, classify(problem as Error).error));
      }
      frame.statementAnswered();
    });
    return promise;
  }

  /** The opener's own statements inside a frame; a failure closes the frame like any other. */
  #sendOwn(frame: Frame, text: string, when: 'now' | 'withNext'): void {
    // What waits for another statement can't be waited for.
    if (when === 'now') frame.statementQueued();
    this.#carrier.send(
      this.#settings.book.own(text),
      (error) => {
        if (error !== undefined) this.#failed(frame, error);
        if (when === 'now') frame.statementAnswered();
      },
      when,
    );
  }

  #failed(frame: Frame, error: DatabaseError | undefined): DatabaseError | TransactionFailed {
    const first = frame.effectiveFailure;
    // 25P02 only says that something failed before: name that instead.
    const named =
      error === undefined ||
      (error instanceof StatementFailed && error.sqlState === failedTransactionState)
        ? transactionFailed(first ?? error)
        : error;
    frame.fail(named);
    return named;
  }
}

function handled(promise: Promise<void>): Promise<void> {
  // Callers of a read need not wait for its COMMIT.
  promise.catch(() => undefined);
  return promise;
}
