import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { type FoundDatabase, findDatabase } from './findDatabase.ts';
import type { Logger } from './logger.ts';

/** Where a process finds its database, and the database, opened. */
export interface Workplace extends FoundDatabase {
  readonly database: Database;
}

/**
 * Opens the database that the configuration names, as the server's role, after findDatabase. With
 * `migrates: false` it is taken as it is.
 */
export async function openWorkplace(
  config: Config,
  logger: Logger,
  how: { migrates?: boolean } = {},
): Promise<Workplace> {
  const found = await findDatabase(config, logger, how);
  const database = openServerDatabase(config, found.serverUrl, logger);
  return {
    ...found,
    database,
    async close() {
      await database.close();
      await found.close();
    },
  };
}

function openServerDatabase(config: Config, url: string, logger: Logger): Database {
  return openDatabase({
    url,
    applicationName: 'tenantry',
    poolSize: config.poolSize,
    maxWaiting: 500,
    // Whoever waits longer is told to come back: a 503 now is worth more than an answer too late.
    acquireTimeoutMs: 2_000,
    operationTimeoutMs: 20_000,
    closeTimeoutMs: 10_000,
    pipeline: config.pipeline,
    namedStatements: config.namedStatements,
    onEvent: (event) => logger.debug({ event }, 'database'),
  });
}
