import { StatementFailed } from '../errors.ts';

/**
 * Runs work and calls the handler of the constraint that it violates, if there is one: uniqueness is
 * decided by Postgres, at once and without a race, not by asking first.
 */
export function onConstraint<T>(
  work: Promise<T>,
  handlers: Readonly<Record<string, () => never>>,
): Promise<T> {
  return work.catch((error: unknown) => {
    if (error instanceof StatementFailed && error.constraint !== undefined) {
      handlers[error.constraint]?.();
    }
    throw error;
  });
}
