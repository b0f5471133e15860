import { ConfigError } from '../config.ts';
import { EmbeddedPostgresError } from '../db/embedded/errors.ts';
import { explainDatabaseFailure } from '../db/setup/explainFailure.ts';
import { ServerProcessFailed } from './processes/serverProcessFailed.ts';

/** The database is not one that may be served; the message says what is wrong and what to do. */
export class UnsafeDatabase extends Error {
  override readonly name = 'UnsafeDatabase';
}

/**
 * Why a program could not start, as a sentence, where its reader can mend that. Null: nobody foresaw
 * it, and the stack is of more use.
 */
export function explainFailure(error: unknown): string | null {
  const foreseen =
    error instanceof ConfigError ||
    error instanceof UnsafeDatabase ||
    error instanceof EmbeddedPostgresError ||
    error instanceof ServerProcessFailed;
  return foreseen ? error.message : explainDatabaseFailure(error);
}
