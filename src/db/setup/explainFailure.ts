/** What to do about a connection that Postgres, or the way to it, refuses: SQLSTATE or errno → a sentence. */
const advice: Readonly<Record<string, string>> = {
  '28P01': 'Check user and password.',
  '28000': 'Check the user, and pg_hba.conf on the database server.',
  '3D000': 'Create the database, or name another.',
  '42501': 'Give the role the right to do this, or name another role.',
  '53300': 'Raise max_connections, or lower DATABASE_POOL_SIZE.',
  '57P03': 'It is starting up or shutting down: try again in a moment.',
  ECONNREFUSED: 'Nothing listens there: check host and port, and that Postgres runs.',
  ECONNRESET: 'Check that Postgres, and not something else, listens there.',
  ENOTFOUND: 'Check the name of the host.',
  EAI_AGAIN: 'The name of the host could not be looked up: check it, and the network.',
  ETIMEDOUT: 'Check the host and the network.',
  EHOSTUNREACH: 'Check the host and the network.',
};

/** A thing that has to be set right before a database is used; the message says which and how. */
export class DatabaseSetupError extends Error {
  override readonly name = 'DatabaseSetupError';
}

/**
 * Why a database can't be connected to or migrated, in words for whoever starts a program: which
 * variable to look at and what to do. Null for what is none of their doing. Postgres and Node name
 * users, databases and hosts in their messages, never a password.
 */
export function explainDatabaseFailure(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = firstOf(cause)) {
    if (cause instanceof DatabaseSetupError) return cause.message;
    const { code } = cause as { code?: unknown };
    const what = typeof code === 'string' ? advice[code] : undefined;
    if (what === undefined) continue;
    return `The database cannot be used (DATABASE_URL, APP_DATABASE_URL): ${cause.message}. ${what}`;
  }
  return null;
}

/** A host with two addresses fails with one error for each. */
function firstOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause;
}
