import pg from 'pg';
import { UnreadableValue } from './columnTypes.ts';
import { type DatabaseError, DatabaseUnavailable, StatementFailed } from './errors.ts';

/**
 * SQLSTATEs and classes after which a connection is destroyed, not reused: connection and protocol
 * errors (08), shutdown (57P…), resources (53), system and internal errors (58, XX), killed idle sessions,
 * a session in another transaction state than ours, spoilt or doubled prepared statements, cached plans
 * whose result type changed.
 */
const fatalStates =
  /^(?:08...|53...|57P..|58...|XX...|25001|25P01|25P03|25P04|26000|34000|42P05|0A000)$/;

/** Postgres rejects everything after the first error with this until ROLLBACK. */
export const failedTransactionState = '25P02';

export interface Classified {
  readonly error: DatabaseError;
  /** Only a plain ERROR of the server leaves the connection usable. */
  readonly reusable: boolean;
  /** The session is over: nothing more will be answered. */
  readonly lost: boolean;
}

export function classify(error: Error): Classified {
  if (error instanceof UnreadableValue) {
    // numeric_value_out_of_range, as Postgres would have said
    return { error: new StatementFailed('22003', {}, error), reusable: true, lost: false };
  }
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) {
    return {
      error: new DatabaseUnavailable('CONNECTION_LOST', 'The database connection broke.', error),
      reusable: false,
      lost: true,
    };
  }
  const fatal = error.severity === 'FATAL' || error.severity === 'PANIC';
  if (fatal) {
    return {
      error: new DatabaseUnavailable('CONNECTION_LOST', 'The database ended the connection.', error),
      reusable: false,
      lost: true,
    };
  }
  return {
    error: new StatementFailed(error.code, error, error),
    reusable: !fatalStates.test(error.code),
    lost: false,
  };
}
