import {
  type DatabaseError,
  DatabaseUnavailable,
  HandleClosed,
  isDatabaseError,
} from '../errors.ts';
import type { HangUp } from '../hangUp.ts';
import type { Place } from '../place.ts';
import type { ConnectionPool, DatabaseEvent } from '../wire/pool.ts';
import type { RawResult } from '../wire/rawResult.ts';
import type { Statement } from '../wire/statement.ts';
import type { StatementBook } from '../wire/statementBook.ts';

export interface CarrierSettings {
  readonly pool: ConnectionPool;
  readonly book: StatementBook;
  readonly operationTimeoutMs: number;
  readonly closeTimeoutMs: number;
  /** undefined: while this process is busy. */
  readonly sharesReads: boolean | undefined;
  readonly onEvent: (event: DatabaseEvent) => void;
}

export interface CarrierTerms {
  readonly tenantId: string;
  readonly signal: HangUp | undefined;
  readonly place?: Place | undefined;
  /** Instead of the role's own. */
  readonly lockTimeoutMs?: number;
}

/** Called once: with a result, or with why there is none. */
export type Settle = (error: DatabaseError | undefined, result: RawResult | undefined) => void;

export interface Pending {
  readonly statement: Statement;
  readonly settle: Settle;
}

/** What carries an operation's statements to a connection and back. */
export interface Carrier {
  /** A statement has been sent, so a connection is in use or has been. */
  readonly started: boolean;
  /** Nothing more can be sent: it broke, timed out, was cancelled or rolled back. */
  readonly failure: DatabaseError | undefined;
  readonly unanswered: number;
  /** 'withNext' waits for the next statement, and costs no round trip of its own. */
  send(statement: Statement, settle: Settle, when?: 'now' | 'withNext'): void;
  /** Only for a started one without a failure; nothing is sent after it. */
  commit(): Promise<void>;
  /** Resolves, never rejects, when its connection is back in the pool or destroyed. */
  rollback(): Promise<void>;
}

/** How long a hung-up client's statement may take to end by itself before the server is told to cancel it. */
export const hangUpGraceMs = 100;

/** Made once: every transaction ends with it, and a stack for each would cost 3 % of a request. */
export const ended = new HandleClosed('The transaction has ended.');

export const rolledBack = (): DatabaseError => new HandleClosed('The transaction was rolled back.');

/** What a pool that gave no connection means for the operation that wanted one. */
export const unreachable = (error: unknown): DatabaseError =>
  isDatabaseError(error)
    ? error
    : new DatabaseUnavailable('CONNECT_FAILED', 'The database could not be reached.', error);
