import type { Config } from '../src/config.ts';
import { quickStart } from '../src/quickStart.ts';

quickStart();
const { createLogger } = await import('../src/app/logger.ts');
const { openWorkplace } = await import('../src/app/workplace.ts');
const { ConfigError, loadConfig } = await import('../src/config.ts');
const { migrate } = await import('../src/db/setup/migrate.ts');
const { runScript } = await import('./runScript.ts');

/** Brings the database of DATABASE_URL, or the embedded one, to this version. */
async function migrateIt(config: Config): Promise<string> {
  if (config.adminUrl === undefined && config.serverUrl !== undefined) {
    throw new ConfigError('DATABASE_URL is expected: APP_DATABASE_URL names a role that serves.');
  }
  if (config.adminUrl === undefined) {
    const workplace = await openWorkplace(config, createLogger(config.logLevel));
    await workplace.close();
    return 'The embedded database is up to date.';
  }
  const { applied } = await migrate({
    url: config.adminUrl,
    serverUrl: config.serverUrl,
    operatorUrl: config.operatorUrl,
    repair: true,
  });
  return applied.length === 0 ? 'Up to date.' : `Applied ${applied.join(', ')}.`;
}

// Not production's needs: migrating takes DATABASE_URL alone, and signs nothing.
await runScript(() => migrateIt(loadConfig({ ...process.env, NODE_ENV: 'development' })));
