import { explainFailure } from './app/explainFailure.ts';
import { createLogger } from './app/logger.ts';
import { seedDemo } from './app/seed.ts';
import { startServer } from './app/server.ts';
import { openWorkplace, type Workplace } from './app/workplace.ts';
import { loadConfig } from './config.ts';

let workplace: Workplace | undefined;
try {
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  // One request's forgotten promise must not end the requests of every business. What it meant to write
  // is rolled back: a transaction with a failed statement cannot commit.
  process.on('unhandledRejection', (error) => {
    logger.error({ err: error }, 'a promise failed that nobody waited for');
  });
  workplace = await openWorkplace(config, logger);
  const demo = workplace.embedded ? await seedDemo(workplace, config.dataDir) : null;
  const server = await startServer(config, workplace, logger);
  const { close } = workplace;

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      await server.close();
      await close();
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'stopping went wrong');
      process.exit(1);
    }
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  // Last, for whoever waits for it may send a signal at once.
  process.stdout.write(`\nTenantry is at ${server.url}/graphql\n${demo?.greeting ?? ''}\n`);
} catch (error) {
  // What its reader can mend is said in a sentence; anything else keeps its stack.
  console.error(explainFailure(error) ?? error);
  // An embedded Postgres would go on without us; what stops that must not hide why we end.
  await workplace?.close().catch(() => undefined);
  process.exit(1);
}
