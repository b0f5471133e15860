import { keepSigningKeys } from '../../auth/signingKeys.ts';
import type { Config } from '../../config.ts';
import type { Logger } from '../logger.ts';
import type { Running } from '../running.ts';
import { openSeededWorkplace } from '../seededWorkplace.ts';
import { keepWorkers } from './workers.ts';

/**
 * Serves in `config.processes` processes that share the port. What has to be done once is done here:
 * an embedded Postgres, migrations, the demo data, signing keys. This process answers no requests and
 * holds no connection of the server's role.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<Running> {
  const { workplace, greeting } = await openSeededWorkplace(config, logger);
  try {
    await workplace.database.close();
    if (config.signingKeys === undefined) await keepSigningKeys(config.dataDir);
    const workers = await keepWorkers({
      count: config.processes,
      port: config.port,
      environment: {
        // None of them may do what the administrator may.
        DATABASE_URL: '',
        APP_DATABASE_URL: workplace.serverUrl,
        OPERATOR_DATABASE_URL: workplace.operatorUrl ?? '',
      },
      logger,
    });
    return {
      url: workers.url,
      greeting,
      async close() {
        const inOrder = await workers.stop();
        await workplace.close();
        if (!inOrder) throw new Error('a server process did not stop in order');
      },
      endNow: workers.kill,
      failed: workers.failed.catch(async (error: unknown) => {
        await workplace.close().catch(() => undefined);
        throw error;
      }),
    };
  } catch (error) {
    await workplace.close().catch(() => undefined);
    throw error;
  }
}
