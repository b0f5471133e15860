/**
 * What the database layer can refuse or fail with: a closed union of stable codes, one class each.
 * Messages name no SQL, no value and no tenant; what the driver said is kept in `cause` for the log.
 */
export type DatabaseErrorCode =
  | 'DATABASE_UNAVAILABLE'
  | 'COMMIT_IN_DOUBT'
  | 'HANDLE_CLOSED'
  | 'FORBIDDEN_STATEMENT'
  | 'OPERATION_TIMED_OUT'
  | 'OPERATION_CANCELLED'
  | 'STATEMENT_FAILED'
  | 'TRANSACTION_FAILED';

abstract class CodedError extends Error {
  abstract readonly code: DatabaseErrorCode;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
  }
}

export type UnavailableReason =
  | 'CONNECT_FAILED'
  | 'ACQUIRE_TIMED_OUT'
  | 'TOO_MANY_WAITERS'
  | 'CONNECTION_LOST'
  | 'CLOSED';

/** No connection could be had, or the one in use broke before COMMIT was sent: nothing was changed. */
export class DatabaseUnavailable extends CodedError {
  readonly code = 'DATABASE_UNAVAILABLE';
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason, message: string, cause?: unknown) {
    super(message, cause);
    this.reason = reason;
  }
}

/**
 * COMMIT was sent and its answer never came: the change may or may not be there. Nobody may retry it
 * without an idempotency key; in our lab a third of them had committed.
 */
export class CommitInDoubt extends CodedError {
  readonly code = 'COMMIT_IN_DOUBT';

  constructor(cause?: unknown) {
    super(
      'The connection broke while COMMIT was under way; whether it took effect is unknown.',
      cause,
    );
  }
}

/** A transaction handle was used after its end, or an outer one while an inner savepoint is open. */
export class HandleClosed extends CodedError {
  readonly code = 'HANDLE_CLOSED';
}

/** The fence refuses this text or these values; nothing was sent. */
export class ForbiddenStatement extends CodedError {
  readonly code = 'FORBIDDEN_STATEMENT';
}

export type TimedPhase = 'OPERATION' | 'CLOSING';

/** A timer of the opener ran out; the transaction was rolled back. */
export class OperationTimedOut extends CodedError {
  readonly code = 'OPERATION_TIMED_OUT';
  readonly phase: TimedPhase;

  constructor(phase: TimedPhase, cause?: unknown) {
    super(`The database operation took too long (${phase.toLowerCase()}).`, cause);
    this.phase = phase;
  }
}

/** The caller's AbortSignal fired before COMMIT was sent; the transaction was rolled back. */
export class OperationCancelled extends CodedError {
  readonly code = 'OPERATION_CANCELLED';
}

/** Postgres answered one statement with an error. */
export class StatementFailed extends CodedError {
  readonly code = 'STATEMENT_FAILED';
  /** Five characters, https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string;
  readonly constraint: string | undefined;
  readonly table: string | undefined;

  constructor(
    sqlState: string,
    where: { constraint?: string | undefined; table?: string | undefined },
    cause: unknown,
  ) {
    super(`A statement failed with SQLSTATE ${sqlState}.`, cause);
    this.sqlState = sqlState;
    this.constraint = where.constraint;
    this.table = where.table;
  }
}

/** An earlier failure (its `cause`) closed this frame or the whole transaction; nothing of it persists. */
export class TransactionFailed extends CodedError {
  readonly code = 'TRANSACTION_FAILED';
}

export function transactionFailed(cause: DatabaseError | undefined): TransactionFailed {
  return cause instanceof TransactionFailed
    ? cause
    : new TransactionFailed('The transaction failed earlier and was rolled back.', cause);
}

export type DatabaseError =
  | DatabaseUnavailable
  | CommitInDoubt
  | HandleClosed
  | ForbiddenStatement
  | OperationTimedOut
  | OperationCancelled
  | StatementFailed
  | TransactionFailed;

export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof CodedError;
}
