import { type DatabaseError, ForbiddenStatement } from '../errors.ts';
import { createTenantDrizzle } from '../query/drizzleSession.ts';
import { readPlainRows } from '../query/plainRows.ts';
import type {
  AccessMode,
  Decode,
  Note,
  NoteKind,
  OperationOptions,
  StatementResult,
  TenantDrizzle,
  TenantTransaction,
} from '../transaction.ts';
import type { StatementRequest } from '../wire/statement.ts';

/** The operation that a frame belongs to: it alone decides when a statement may go out. */
export interface FrameHost {
  /** What it rejects with need not be listened to: see `tolerated`. */
  run<T>(frame: Frame, request: StatementRequest, decode: Decode<T>): Promise<T>;
  savepoint<T>(frame: Frame, work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  complete(frame: Frame, statements: number): void;
  afterEnd(listener: () => void): void;
}

/** One level of a transaction: the transaction itself, or a savepoint in it. */
export class Frame implements TenantTransaction {
  readonly tenantId: string;
  readonly mode: AccessMode;
  readonly rehearsed: boolean;
  readonly notes: Note[] = [];
  readonly parent: Frame | undefined;
  readonly depth: number;
  readonly #operation: FrameHost;
  #db: TenantDrizzle | undefined;
  #failure: DatabaseError | undefined;
  #unanswered = 0;
  #drainListeners: (() => void)[] = [];
  #commitListeners: (() => void)[] = [];
  closed = false;
  /** Its BEGIN or SAVEPOINT is on its way. */
  begun: boolean;

  constructor(
    operation: FrameHost,
    tenantId: string,
    { mode, rehearsed = false }: Pick<OperationOptions, 'mode' | 'rehearsed'>,
    parent: Frame | undefined,
  ) {
    this.#operation = operation;
    this.tenantId = tenantId;
    this.mode = mode;
    this.rehearsed = rehearsed;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.begun = parent === undefined;
  }

  get db(): TenantDrizzle {
    this.#db ??= createTenantDrizzle(this);
    return this.#db;
  }

  run<T>(request: StatementRequest, decode: Decode<T>): Promise<T> {
    return this.#operation.run(this, request, decode);
  }

  query<R>(
    text: string,
    values?: readonly unknown[],
    options?: { name?: string },
  ): Promise<StatementResult<R>> {
    if (typeof options === 'function') {
      return tolerated(
        Promise.reject(new ForbiddenStatement('Callbacks are refused; await the promise.')),
      );
    }
    return this.run({ text, values, name: options?.name }, readPlainRows<R>);
  }

  savepoint<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return tolerated(this.#operation.savepoint(this, work));
  }

  complete(statements: number): void {
    this.#operation.complete(this, statements);
  }

  afterCommit(listener: () => void): void {
    this.#commitListeners.push(listener);
  }

  afterEnd(listener: () => void): void {
    this.#operation.afterEnd(listener);
  }

  note(kind: NoteKind, entry: Readonly<Record<string, unknown>>): void {
    if (this.rehearsed) this.notes.push({ kind, entry });
  }

  /** What waits for the commit waits with the frame around, once this one has ended well. */
  released(): void {
    for (const listener of this.#commitListeners) this.parent?.afterCommit(listener);
    this.parent?.notes.push(...this.notes);
  }

  committed(): void {
    for (const listener of this.#commitListeners) listener();
  }

  /** The first thing that went wrong here. */
  get failure(): DatabaseError | undefined {
    return this.#failure;
  }

  fail(error: DatabaseError): void {
    this.#failure ??= error;
  }

  /** The failure of this frame or of the nearest one around it. */
  get effectiveFailure(): DatabaseError | undefined {
    return this.#failure ?? this.parent?.effectiveFailure;
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  statementQueued(): void {
    this.#unanswered += 1;
  }

  statementAnswered(): void {
    this.#unanswered -= 1;
    if (this.#unanswered > 0) return;
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  }

  /** Resolves when every statement of this frame has been answered. */
  drained(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drainListeners.push(resolve));
  }
}

const ignore = (): undefined => undefined;

/**
 * A statement may be sent without waiting and its failure met in commit(); a rejection that nobody
 * listens to would end the process.
 */
export function tolerated<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore);
  return promise;
}
