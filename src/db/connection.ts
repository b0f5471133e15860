import pg from 'pg';
import { sendCancelRequest } from './cancel.ts';
import { type ClientInternals, internalsOf, isAtRest } from './clientInternals.ts';
import { drizzleTypes, plainTypes } from './columnTypes.ts';
import type { Statement } from './statement.ts';
import type { Traffic } from './traffic.ts';

/** What pg's Query takes beyond its published types: `queryMode` keeps a text without values off the simple protocol, where stacked statements would run. */
interface QuerySettings {
  text: string;
  values: unknown[];
  name?: string;
  rowMode?: 'array';
  types: NonNullable<pg.QueryConfig['types']>;
  queryMode: 'extended';
}

export interface RawResult {
  readonly command: string | null;
  readonly rows: unknown[];
  readonly rowCount: number | null;
  readonly fields: readonly { readonly dataTypeID: number }[];
}

export type Answer = (error: Error | undefined, result: RawResult | undefined) => void;

interface Outgoing {
  readonly statement: Statement;
  readonly answer: Answer;
  readonly written: (() => void) | undefined;
}

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
  #outgoing: Outgoing[] = [];
  #inFlight = 0;
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
    return this.#inFlight > 0 || this.#outgoing.length > 0;
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

  /** Queues a statement. `written` is called when it goes out, `answer` once with what came back. */
  send(statement: Statement, answer: Answer, written?: () => void): void {
    if (this.#fault !== undefined || this.#gone) {
      const error = this.#fault ?? new Error('the connection was given back');
      queueMicrotask(() => answer(error, undefined));
      return;
    }
    this.#outgoing.push({ statement, answer, written });
    this.#scheduleFlush();
  }

  /** Forgets what has not been written yet, without answering it. */
  dropUnwritten(): void {
    this.#outgoing = [];
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
    this.#onFault?.(error);
    this.#ready();
  }

  #ready(): void {
    const listeners = this.#readyListeners;
    this.#readyListeners = [];
    for (const listener of listeners) listener();
  }

  // A promise callback first, then a tick: every statement issued by the callbacks that are due now
  // (resolvers, DataLoader's batches) is in the queue by then. setImmediate would also wait for other
  // sockets' events.
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(() => process.nextTick(() => this.#flush()));
  }

  #flush(): void {
    this.#flushScheduled = false;
    if (this.#outgoing.length === 0 || this.#gone || this.#fault !== undefined) return;
    if (!this.#pipeline) {
      if (this.#inFlight > 0) return;
      const [first] = this.#outgoing.splice(0, 1);
      if (first !== undefined) this.#writeAll([first]);
      return;
    }
    const batch = this.#outgoing;
    this.#outgoing = [];
    this.#writeAll(batch);
  }

  #writeAll(batch: readonly Outgoing[]): void {
    const { stream } = this.#internals.connection;
    stream.cork();
    for (const item of batch) this.#write(item);
    stream.uncork();
    this.#traffic.flushes += 1;
    this.#traffic.statements += batch.length;
  }

  #write({ statement, answer, written }: Outgoing): void {
    const { name } = statement;
    const settings: QuerySettings = {
      text: statement.text,
      values: statement.values as unknown[],
      types: statement.rows === 'array' ? drizzleTypes : plainTypes,
      queryMode: 'extended',
    };
    if (name !== undefined) settings.name = name;
    if (statement.rows === 'array') settings.rowMode = 'array';
    this.#inFlight += 1;
    let answered = false;
    const query = new pg.Query(
      settings as pg.QueryConfig,
      undefined,
      (error: Error | undefined, result) => {
        if (answered) return;
        answered = true;
        this.#inFlight -= 1;
        answer(error ?? undefined, error ? undefined : (result as unknown as RawResult));
        if (!this.#pipeline && this.#outgoing.length > 0)
          this.whenReady(() => this.#scheduleFlush());
      },
    );
    this.#client.query(query);
    written?.();
  }
}
