import { type OperatorDatabase, openOperatorDatabase } from '../db/operatorDatabase.ts';
import type { Logger } from './logger.ts';

/** Small, patient and named, so that an administrator sees in pg_stat_activity whose it is. */
export function openOperators(
  url: string,
  { pipeline, namedStatements }: { pipeline: boolean; namedStatements: boolean },
  logger: Logger,
): OperatorDatabase {
  return openOperatorDatabase({
    url,
    applicationName: 'tenantry operator',
    acquireTimeoutMs: 5_000,
    operationTimeoutMs: 20_000,
    closeTimeoutMs: 10_000,
    pipeline,
    namedStatements,
    onEvent: (event) => logger.debug({ event }, 'operators’ database'),
  });
}
