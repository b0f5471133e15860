import type { OperatorDatabase } from '../../db/operatorDatabase.ts';
import { rollUpActivity } from '../../features/operators/platformActivity.queries.ts';
import type { Logger } from '../logger.ts';

const everyMilliseconds = 600_000;

/** Adds up over all tenants what is over; what is not added up yet is read from the tenants' own rows. */
export function startRollingUp(
  database: OperatorDatabase,
  logger: Logger,
): { close(): Promise<void> } {
  let closed = false;
  let running = Promise.resolve();
  const roll = (): void => {
    running = running
      .then(async () => {
        while (!closed && (await database.addUp(rollUpActivity)) > 0);
      })
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'activity could not be added up yet');
      });
  };
  const timer = setInterval(roll, everyMilliseconds);
  timer.unref();
  roll();
  return {
    close() {
      closed = true;
      clearInterval(timer);
      return running;
    },
  };
}
