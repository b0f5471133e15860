import type { Config } from '../config.ts';
import { ConfigError } from '../config.ts';
import type { EmbeddedPostgres } from '../db/embedded/embedded.ts';
import { hasPassword, operatorUrlFrom, serverUrlFrom } from '../db/setup/serverRole.ts';
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
 * migrated by a server that starts, nor is anything with `migrates: false`. What either needs is loaded
 * only then.
 */
export async function findDatabase(
  config: Config,
  logger: Logger,
  { migrates = true }: { migrates?: boolean } = {},
): Promise<FoundDatabase> {
  if (config.adminUrl !== undefined || config.serverUrl !== undefined) {
    return prepareDatabase(config, logger, null, migrates);
  }
  const embedded = await startEmbedded(config, logger);
  try {
    return await prepareDatabase(config, logger, embedded, migrates);
  } catch (error) {
    // It would go on without us; what stops that must not hide why we end.
    await embedded.stop().catch(() => undefined);
    throw error;
  }
}

async function prepareDatabase(
  config: Config,
  logger: Logger,
  embedded: EmbeddedPostgres | null,
  migrates: boolean,
): Promise<FoundDatabase> {
  const adminUrl = config.adminUrl ?? embedded?.url;
  const serverUrl =
    config.serverUrl ?? (adminUrl === undefined ? undefined : serverUrlFrom(adminUrl));
  if (serverUrl === undefined)
    throw new ConfigError('APP_DATABASE_URL or DATABASE_URL is expected.');
  if (migrates && adminUrl !== undefined && config.environment !== 'production') {
    const { migrate } = await import('../db/setup/migrate.ts');
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

async function startEmbedded({ dataDir }: Config, logger: Logger): Promise<EmbeddedPostgres> {
  const { startEmbeddedPostgres } = await import('../db/embedded/embedded.ts');
  return startEmbeddedPostgres({
    dataDir,
    onLog: (line) => logger.debug({ line }, 'postgres'),
  });
}
