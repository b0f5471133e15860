/** Why there is no embedded database; the message ends with what to do about it. */
export class EmbeddedPostgresError extends Error {
  readonly code = 'EMBEDDED_POSTGRES';

  constructor(message: string, options?: ErrorOptions) {
    super(`embedded Postgres: ${message}`, options);
    this.name = 'EmbeddedPostgresError';
  }
}

/** For `.catch()` after touching `path`. */
export function notWritable(path: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new EmbeddedPostgresError(
      `can't write in ${path} (${cause.code}): make it writable, set DATA_DIR to a directory ` +
        'that is, or set DATABASE_URL to a Postgres 15 or newer',
      { cause },
    );
  };
}
