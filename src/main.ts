import { createLogger } from './app/logger.ts';
import { seedDemo } from './app/seed.ts';
import { startServer, UnsafeDatabase } from './app/server.ts';
import { openWorkplace } from './app/workplace.ts';
import { ConfigError, loadConfig } from './config.ts';

try {
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const workplace = await openWorkplace(config, logger);
  const demo = workplace.embedded ? await seedDemo(workplace, config.dataDir) : null;
  const server = await startServer(config, workplace, logger);
  process.stdout.write(`\nTenantry is at ${server.url}/graphql\n${demo?.greeting ?? ''}\n`);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await server.close();
    await workplace.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
} catch (error) {
  // What its reader can mend is said in a sentence; anything else keeps its stack.
  const known = error instanceof ConfigError || error instanceof UnsafeDatabase;
  console.error(known ? error.message : error);
  process.exit(1);
}
