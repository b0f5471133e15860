import type { Config } from '../config.ts';
import { ConfigError } from '../config.ts';
import { type Database, openDatabase } from '../db/database.ts';
import { hasPassword, operatorUrlFrom, serverUrlFrom } from '../db/serverRole.ts';
import type { Logger } from './logger.ts';

/** Where a process finds its database: the URLs, and what to undo in the end. */
export interface Workplace {
  readonly database: Database;
  readonly adminUrl: string | undefined;
  readonly serverUrl: string;
  readonly operatorUrl: string | undefined;
  /** Whether the database is the one in the data directory, which is ours to seed. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

/**
 * Opens the database that the configuration names, as the server's role. Without a URL an embedded
 * Postgres is started (or joined, when another process has it) and migrated; so is a development
 * database given by DATABASE_URL. Production is never migrated by a server that starts.
 */
export async function openWorkplace(config: Config, logger: Logger): Promise<Workplace> {
  const embedded =
    config.adminUrl === undefined && config.serverUrl === undefined
      ? await startEmbedded(config, logger)
      : null;
  const adminUrl = config.adminUrl ?? embedded?.url;
  const serverUrl =
    config.serverUrl ?? (adminUrl === undefined ? undefined : serverUrlFrom(adminUrl));
  if (serverUrl === undefined)
    throw new ConfigError('APP_DATABASE_URL or DATABASE_URL is expected.');
  if (adminUrl !== undefined && config.environment !== 'production') {
    // Loaded where it is wanted, like the embedded Postgres: a server in production needs neither.
    const { migrate } = await import('../db/migrate.ts');
    await migrate({
      url: adminUrl,
      serverUrl: config.serverUrl,
      operatorUrl: config.operatorUrl,
      log: (line) => logger.info(line),
    });
  }
  const database = openServerDatabase(config, serverUrl, logger);
  return {
    database,
    adminUrl,
    serverUrl,
    operatorUrl:
      config.operatorUrl ??
      (adminUrl !== undefined && hasPassword(adminUrl) ? operatorUrlFrom(adminUrl) : undefined),
    embedded: embedded !== null,
    async close() {
      await database.close();
      await embedded?.stop();
    },
  };
}

async function startEmbedded({ dataDir }: Config, logger: Logger) {
  const { startEmbeddedPostgres } = await import('../db/embedded.ts');
  return startEmbeddedPostgres({
    dataDir,
    onLog: (line) => logger.debug({ line }, 'postgres'),
  });
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
