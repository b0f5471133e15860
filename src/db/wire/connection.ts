import type pg from 'pg';
import { afterBurst } from './afterBurst.ts';
import {
  type Answer,
  Batch,
  type Outgoing,
  type OutgoingBatch,
  type Prepared,
  writeTogether,
} from './batch.ts';
import { sendCancelRequest } from './cancel.ts';
import { type ClientInternals, internalsOf, isAtRest } from './clientInternals.ts';
import type { RawResult } from './rawResult.ts';
import type { Statement } from './statement.ts';
import type { Traffic } from './traffic.ts';

/** Notices that say a statement ran outside of the transaction it was meant for. */
const strayNotices = new Set(['25001', '25P01']);

/**
 * One pooled connection. Statements are collected and written together once the current burst of
 * promise callbacks is over, so that everything issued in it costs one flush.
 */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #internals: ClientInternals;
  readonly #traffic: Traffic;
  readonly #pipeline: boolean;
  readonly #prepared: Prepared = { fields: new Map(), pending: new Set(), undone: new Set() };
  #outgoing: Outgoing[] = [];
  /** Written and not yet answered, the one that Postgres works on first. */
  readonly #inFlight: Batch[] = [];
  #flushScheduled = false;
  #gone = false;
  #fault: Error | undefined;
  #onFault: ((error: Error) => void) | undefined;
  #readyListeners: (() => void)[] = [];

  constructor(client: pg.PoolClient, options: { traffic: Traffic; pipeline: boolean }) {
    this.#client = client;
    this.#internals = internalsOf(client);
    this.#traffic = options.traffic;
    this.#pipeline = options.pipeline;
    this.#internals.connection.on('parseComplete', () => this.#inFlight[0]?.handleParseComplete());
    // For life: without a listener on a checked-out client, a lost connection ends the process.
    client.on('error', (error) => this.#fail(error));
    client.on('end', () => this.#fail(new Error('the connection ended')));
    client.on('notice', (notice) => {
      if (strayNotices.has(notice.code ?? '')) {
        this.#fail(
          new Error(`notice ${notice.code}: the session is not in the transaction it should be in`),
        );
      }
    });
  }

  get busy(): boolean {
    return this.#inFlight.length > 0 || this.#outgoing.length > 0;
  }

  get transactionStatus(): 'I' | 'T' | 'E' | null {
    return this.#internals.getTransactionStatus();
  }

  /** At rest, outside of any transaction, with nothing under way in either direction. */
  isClean(): boolean {
    return !this.#gone && this.#fault === undefined && !this.busy && isAtRest(this.#internals);
  }

  /** Called once for each user of the connection; told when the connection breaks under it. */
  watch(onFault: ((error: Error) => void) | undefined): void {
    this.#onFault = onFault;
  }

  /** Queues a statement. `answer` is called once, with what came back. */
  send(
    statement: Statement,
    answer: Answer,
    { written, alone = false }: { written?: () => void; alone?: boolean } = {},
  ): void {
    if (this.#fault !== undefined || this.#gone) {
      const error = this.#fault ?? new Error('the connection was given back');
      queueMicrotask(() => answer(error, undefined));
      return;
    }
    this.#outgoing.push({ statement, answer, written, alone });
    this.#scheduleFlush();
  }

  /**
   * Sends what is one transaction by itself at once, on a connection at rest. `ended` is called once, when
   * it has been committed, or with why it has not; its results are all there in the first case only.
   */
  sendWhole(
    statements: readonly Statement[],
    ended: (error: Error | undefined, results: readonly RawResult[]) => void,
  ): void {
    const results: RawResult[] = [];
    const answer: Answer = (_error, result) => {
      if (result !== undefined) results.push(result);
    };
    const outgoing = statements.map((statement) => ({
      statement,
      answer,
      written: undefined,
      alone: false,
    }));
    this.sendTogether([{ outgoing, ended: (error) => ended(error, results) }]);
  }

  /** Sends batches at once and in one piece, each a transaction by itself. */
  sendTogether(batches: readonly OutgoingBatch[]): void {
    if (this.#fault !== undefined || this.#gone) {
      const error = this.#fault ?? new Error('the connection was given back');
      queueMicrotask(() => {
        for (const { ended } of batches) ended?.(error);
      });
      return;
    }
    this.#write(batches);
  }

  /** Forgets what has not been written yet, without answering it; says how many there were. */
  dropUnwritten(): number {
    return this.#outgoing.splice(0).length;
  }

  /** Calls back when the server is ready for the next command, or never will be. */
  whenReady(listener: () => void): void {
    if (this.#internals.readyForQuery || this.#fault !== undefined || this.#gone) return listener();
    this.#readyListeners.push(listener);
    if (this.#readyListeners.length > 1) return;
    this.#internals.connection.once('readyForQuery', () => this.#ready());
  }

  /** Asks the server to cancel whatever this connection runs. The connection must be destroyed after it. */
  cancel(): Promise<void> {
    const { host, port, processID, secretKey } = this.#internals;
    if (processID === null || secretKey === null) return Promise.resolve();
    return sendCancelRequest({ host, port, processId: processID, secretKey });
  }

  /** Only for a connection at rest. */
  release(): void {
    this.#onFault = undefined;
    this.#gone = true;
    this.#client.release();
  }

  /** Marks the connection as taken from the pool again. */
  take(): void {
    this.#gone = false;
  }

  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#onFault = undefined;
    const dropped = this.#outgoing;
    this.#outgoing = [];
    // The socket first: release(true) alone waits for queries in flight, for ever on a black hole.
    this.#internals.connection.stream.destroy();
    this.#client.release(true);
    const error = this.#fault ?? new Error('the connection was destroyed');
    for (const { answer } of dropped) answer(error, undefined);
  }

  #fail(error: Error): void {
    if (this.#fault !== undefined) return;
    this.#fault = error;
    const dropped = this.#outgoing;
    this.#outgoing = [];
    for (const { answer } of dropped) answer(error, undefined);
    for (const batch of [...this.#inFlight]) batch.abandon(error);
    this.#onFault?.(error);
    this.#ready();
  }

  #ready(): void {
    const listeners = this.#readyListeners;
    this.#readyListeners = [];
    for (const listener of listeners) listener();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    afterBurst(() => this.#flush());
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#outgoing.length === 0 || this.#gone || this.#fault !== undefined) return;
    if (!this.#pipeline && this.#inFlight.length > 0) return;
    this.#write(this.#pipeline ? this.#takeAll() : [this.#takeBatch()]);
  }

  #takeAll(): OutgoingBatch[] {
    const batches: OutgoingBatch[] = [];
    while (this.#outgoing.length > 0) batches.push(this.#takeBatch());
    return batches;
  }

  /** Up to the next statement that goes alone. */
  #takeBatch(): OutgoingBatch {
    const next = this.#outgoing.findIndex(({ alone }) => alone);
    const end = next === -1 ? this.#outgoing.length : Math.max(next, 1);
    return { outgoing: this.#outgoing.splice(0, end), ended: undefined };
  }

  #write(batches: readonly OutgoingBatch[]): void {
    writeTogether(this.#internals.connection.stream, () => {
      for (const batch of batches) this.#submit(batch);
    });
    this.#traffic.flushes += 1;
  }

  #submit({ outgoing, ended }: OutgoingBatch): void {
    const batch = new Batch(outgoing, this.#prepared, {
      settled: (settled) => this.#settled(settled),
      confused: (error) => this.#fail(error),
      afterReady: (listener) => this.whenReady(listener),
      ended,
    });
    this.#inFlight.push(batch);
    this.#client.query(batch as unknown as pg.Query);
    this.#traffic.statements += outgoing.length;
    for (const { written } of outgoing) written?.();
  }

  #settled(batch: Batch): void {
    this.#inFlight.splice(this.#inFlight.indexOf(batch), 1);
    if (!this.#pipeline && this.#outgoing.length > 0) this.whenReady(() => this.#scheduleFlush());
  }
}
