import type { Config } from '../config.ts';
import type { Logger } from './logger.ts';
import type { Running } from './running.ts';
import { openSeededWorkplace } from './seededWorkplace.ts';
import { startServer } from './server.ts';

/** Serves in this process, from the database to the port. */
export async function serve(config: Config, logger: Logger): Promise<Running> {
  const { workplace, greeting } = await openSeededWorkplace(config, logger);
  try {
    const server = await startServer(config, workplace, logger);
    return {
      url: server.url,
      greeting,
      async close() {
        await server.close();
        await workplace.close();
      },
      endNow: () => undefined,
      failed: new Promise(() => undefined),
    };
  } catch (error) {
    // An embedded Postgres would go on without us; what stops that must not hide why we end.
    await workplace.close().catch(() => undefined);
    throw error;
  }
}
