import type { Config } from '../config.ts';
import { ConfigError } from '../config.ts';
import { hasPassword, operatorUrlFrom, serverUrlFrom } from '../db/serverRole.ts';
import type { Logger } from './logger.ts';

/** Where a process finds its database: the URLs, and what to undo in the end. */
export interface FoundDatabase {
  readonly adminUrl: string | undefined;
  readonly serverUrl: string;
  readonly operatorUrl: string | undefined;
  /** Whether the database is the one in the data directory, which is ours to seed. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

/**
 * Without a URL in the configuration an embedded Postgres is started (or joined, when another process
 * has it) and migrated; so is a development database given by DATABASE_URL. Production is never
 * migrated by a server that starts. What either needs is loaded only then.
 */
export async function findDatabase(config: Config, logger: Logger): Promise<FoundDatabase> {
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
    const { migrate } = await import('../db/migrate.ts');
    await migrate({
      url: adminUrl,
      serverUrl: config.serverUrl,
      operatorUrl: config.operatorUrl,
      log: (line) => logger.info(line),
    });
  }
  return {
    adminUrl,
    serverUrl,
    operatorUrl:
      config.operatorUrl ??
      (adminUrl !== undefined && hasPassword(adminUrl) ? operatorUrlFrom(adminUrl) : undefined),
    embedded: embedded !== null,
    close: async () => embedded?.stop(),
  };
}

async function startEmbedded({ dataDir }: Config, logger: Logger) {
  const { startEmbeddedPostgres } = await import('../db/embedded.ts');
  return startEmbeddedPostgres({
    dataDir,
    onLog: (line) => logger.debug({ line }, 'postgres'),
  });
}
