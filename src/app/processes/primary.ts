import type { Config } from '../../config.ts';
import { type FoundDatabase, findDatabase } from '../findDatabase.ts';
import type { Logger } from '../logger.ts';
import type { Running } from '../running.ts';
import { keepWorkers } from './workers.ts';

/**
 * Serves in `config.processes` processes that share the port. What has to be done once is done here:
 * an embedded Postgres, migrations, the demo data, signing keys. This process answers no requests and
 * holds no connection of the server's role.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<Running> {
  const { database, greeting } = await prepare(config, logger);
  try {
    if (config.signingKeys === undefined) {
      const { keepSigningKeys } = await import('../../auth/signingKeys.ts');
      await keepSigningKeys(config.dataDir);
    }
    const workers = await keepWorkers({
      count: config.processes,
      port: config.port,
      environment: {
        // None of them may do what the administrator may.
        DATABASE_URL: '',
        APP_DATABASE_URL: database.serverUrl,
        // In production only who was given it serves operators (server.ts).
        OPERATOR_DATABASE_URL:
          (config.environment === 'production' ? config.operatorUrl : database.operatorUrl) ?? '',
      },
      logger,
    });
    return {
      url: workers.url,
      greeting,
      async close() {
        const inOrder = await workers.stop();
        await database.close();
        if (!inOrder) throw new Error('a server process did not stop in order');
      },
      endNow: workers.kill,
      failed: workers.failed.catch(async (error: unknown) => {
        await database.close().catch(() => undefined);
        throw error;
      }),
    };
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

/** Loads only what it needs: all of it is in the way of the first server process. */
async function prepare(
  config: Config,
  logger: Logger,
): Promise<{ database: FoundDatabase; greeting: string }> {
  if (config.adminUrl !== undefined || config.serverUrl !== undefined) {
    return { database: await findDatabase(config, logger), greeting: '' };
  }
  const { openSeededWorkplace } = await import('../seededWorkplace.ts');
  const { workplace, greeting } = await openSeededWorkplace(config, logger);
  await workplace.database.close();
  return { database: workplace, greeting };
}
