import pg from 'pg';
import { type DatabaseError, DatabaseUnavailable, StatementFailed } from '../errors.ts';
import { UnreadableValue } from './columnTypes.ts';

/**
 * The session is over. By SQLSTATE as well as by severity, because a server translates its severities:
 * connection errors (08), shutdown (57P…), killed for idling or for the length of a transaction.
 */
const endingStates = /^(?:08...|57P..|25P03|25P04)$/;

/**
 * The session goes on, but the connection is not used again: resources (53), system and internal errors
 * (58, XX), another transaction state than ours, spoilt or doubled prepared statements, cached plans
 * whose result type changed.
 */
const spoilingStates = /^(?:53...|58...|XX...|25001|25P01|26000|34000|42P05|0A000)$/;

/** Postgres rejects everything after the first error with this until ROLLBACK. */
export const failedTransactionState = '25P02';

export interface Classified {
  readonly error: DatabaseError;
  /** Only a plain ERROR of the server leaves the connection usable. */
  readonly reusable: boolean;
  /** Postgres answered this statement with an ERROR: its transaction can't commit any more. */
  readonly refused: boolean;
  /** The session is over: nothing more will be answered. */
  readonly lost: boolean;
}

export function classify(error: Error): Classified {
  if (error instanceof UnreadableValue) {
    // numeric_value_out_of_range, as Postgres would have said
    const failure = new StatementFailed('22003', {}, error);
    return { error: failure, reusable: true, refused: false, lost: false };
  }
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) {
    return lost('The database connection broke.', error);
  }
  const { code, severity } = error;
  if (severity === 'FATAL' || severity === 'PANIC' || endingStates.test(code)) {
    return lost('The database ended the connection.', error);
  }
  return {
    error: new StatementFailed(code, error, error),
    reusable: !spoilingStates.test(code),
    refused: true,
    lost: false,
  };
}

function lost(message: string, cause: Error): Classified {
  const error = new DatabaseUnavailable('CONNECTION_LOST', message, cause);
  return { error, reusable: false, refused: false, lost: true };
}
