import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { HangUp } from './hangUp.ts';
import type { Place } from './place.ts';
import type { RawResult } from './wire/rawResult.ts';
import type { StatementRequest } from './wire/statement.ts';

export type AccessMode = 'read' | 'write';

export interface OperationOptions {
  /**
   * 'write': one transaction. 'read': statements issued in one burst are one READ ONLY transaction;
   * what comes later is the next (at READ COMMITTED each statement has its own snapshot anyway).
   */
  mode: AccessMode;
  /** The client's hang-up: rolls back, unless COMMIT has been sent. */
  signal?: HangUp;
  /** A write that is never committed, and tells what its rules note down: see TenantTransaction.note. */
  rehearsed?: boolean;
  /** Left early by a write that goes with others (WriteGroups); whoever gave it leaves it in any case. */
  place?: Place | undefined;
  /**
   * A write that a rule may complete early (TenantTransaction.complete): what is answered behind the rule
   * reads nothing more from the transaction, and can't fail.
   */
  mayComplete?: boolean;
}

/** What a change brings about beside its own rows. */
export type NoteKind = 'usage' | 'auditEvent' | 'mail' | 'event';

export interface Note {
  readonly kind: NoteKind;
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface StatementResult<R> {
  rows: R[];
  rowCount: number;
}

/** Reads an answer; what it throws fails the statement, and with it its frame. */
export type Decode<T> = (result: RawResult) => T;

export type NoSchema = Record<string, never>;

export interface TenantResultHKT extends PgQueryResultHKT {
  type: StatementResult<this['row']>;
}

export type TenantDrizzle = PgDatabase<
  TenantResultHKT,
  Record<string, never>,
  Record<string, never>
>;

/**
 * The fenced handle of one tenant's transaction, or of one savepoint in it. It works until its frame
 * ends; used later, or while an inner savepoint is open, it rejects with HandleClosed. The first
 * failure closes the frame: what follows rejects with TransactionFailed, and nothing commits.
 * Statements may be sent without waiting for each other; what is sent together costs one round trip.
 */
export interface TenantTransaction {
  readonly tenantId: string;
  readonly mode: AccessMode;
  /** It will be rolled back, and tells what was noted. */
  readonly rehearsed: boolean;
  /** Drizzle on this frame; its transaction() is savepoint(). Statements only, no relational queries. */
  readonly db: TenantDrizzle;
  /**
   * One statement. timestamptz come as Date, int8 as a safe number (rejects beyond), numeric, date and
   * timestamp as string, JSON parsed.
   */
  query<R>(
    text: string,
    values?: readonly unknown[],
    options?: { name?: string },
  ): Promise<StatementResult<R>>;
  /**
   * When `work` throws, or a statement in it failed, everything in it is undone and the error thrown on.
   * Savepoints nest but never run side by side.
   */
  savepoint<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  /** Called when the whole operation has committed; never, when this frame or one around it is undone. */
  afterCommit(listener: () => void): void;
  /**
   * Called when it is certain how the whole operation ended: all of it is committed, or nothing of it
   * persists. Never when that stays in doubt.
   */
  afterEnd(listener: () => void): void;
  /**
   * Says that the transaction is whole with what has been issued in this burst: whether that persists is
   * for Postgres alone to say, and nothing is decided when it has answered. Where the operation allows it,
   * it is committed with the same round trip, and nothing more can be sent; elsewhere nothing happens.
   * `statements` are how many it consists of: a rule that threw before it sent one of them is not whole.
   */
  complete(statements: number): void;
  /**
   * Says what is written beside the change itself, where it is written. Kept in a rehearsal only, and
   * forgotten with the frame that is undone.
   */
  note(kind: NoteKind, entry: Readonly<Record<string, unknown>>): void;
  /** What query(), Drizzle's session and prepare() all go through; `decode` reads the answer. */
  run<T>(request: StatementRequest, decode: Decode<T>): Promise<T>;
}

export interface TenantOperation {
  readonly tx: TenantTransaction;
  /** A statement has been sent, so a connection is in use or has been. */
  readonly started: boolean;
  /** Postgres has committed it, and no rollback can undo it. */
  readonly hasCommitted: boolean;
  /** Of a rehearsal: what was noted and not undone, in order. Else empty. */
  readonly notes: readonly Note[];
  /**
   * Resolves when Postgres has committed; nothing to do for an operation that never started.
   * Rejects with TransactionFailed (nothing persists), CommitInDoubt (unknown), or what ended the
   * transaction before COMMIT was sent (nothing persists). Nobody need wait for a read's commit.
   */
  commit(): Promise<void>;
  /** Never rejects. Resolves when the connection is back in the pool or destroyed. */
  rollback(): Promise<void>;
}
