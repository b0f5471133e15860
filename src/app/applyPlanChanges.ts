import type { Database } from '../db/database.ts';
import { applyDueChange } from '../features/plans/planChange.ts';
import type { Logger } from './logger.ts';

/** When nothing is due before; also how late a change may be that is scheduled within the period's last seconds. */
const longestMilliseconds = 5_000;
const changesAtOnce = 1_000;
const lanes = 3;

interface Next {
  readonly id: string;
  /** Seconds, by the database's clock; below 0: it is due. */
  readonly due_in: number;
}

/**
 * Applies changes of plan when their time comes. Every instance looks; the tenant's row is held by whichever
 * is first, and the others find nothing left to do. A change that cannot be applied is tried again.
 */
export function startPlanChanges(
  database: Database,
  logger: Pick<Logger, 'info' | 'error'>,
): { close(): Promise<void> } {
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const look = async (): Promise<void> => {
    const wait = await applyPlanChanges(database, logger).catch((error: unknown) => {
      logger.error({ err: error }, 'changes of plan could not be looked for; it is tried again');
      return longestMilliseconds;
    });
    if (closing) return;
    timer = setTimeout(start, wait);
    timer.unref();
  };
  const start = (): void => {
    running = look();
  };
  start();
  return {
    close() {
      closing = true;
      clearTimeout(timer);
      return running;
    },
  };
}

/** One round. Answers in how many milliseconds to look again. */
export async function applyPlanChanges(
  database: Database,
  logger: Pick<Logger, 'info' | 'error'>,
): Promise<number> {
  const next = await database.lookup<Next>('select id, due_in from app.list_plan_changes($1)', [
    changesAtOnce,
  ]);
  const due = next.filter(({ due_in }) => due_in <= 0);
  const queue = due.values();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const { id } of queue) {
      if (!(await apply(database, logger, id))) failed = true;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failed) return longestMilliseconds;
  const [coming] = next.slice(due.length);
  if (due.length === changesAtOnce) return 0;
  if (coming === undefined) return longestMilliseconds;
  return Math.min(longestMilliseconds, Math.ceil(coming.due_in * 1_000));
}

async function apply(
  database: Database,
  logger: Pick<Logger, 'info' | 'error'>,
  id: string,
): Promise<boolean> {
  try {
    const done = await database.withTenant(id, { mode: 'write' }, applyDueChange);
    if (done !== null) logger.info({ tenantId: id, ...done }, 'a scheduled change of plan was due');
    return true;
  } catch (error) {
    logger.error({ tenantId: id, err: error }, 'a change of plan went wrong; it is tried again');
    return false;
  }
}
