import { quickStart } from '../src/quickStart.ts';

quickStart();
const { createLogger } = await import('../src/app/logger.ts');
const { seedDemo } = await import('../src/app/seed.ts');
const { openWorkplace } = await import('../src/app/workplace.ts');
const { ConfigError, loadConfig } = await import('../src/config.ts');
const { runScript } = await import('./runScript.ts');

/** Fills the database of DATABASE_URL, or the embedded one, with the demo's two businesses. */
await runScript(async () => {
  const config = loadConfig();
  if (config.environment === 'production') {
    throw new ConfigError("NODE_ENV is production: the demo's password is known to everybody.");
  }
  const workplace = await openWorkplace(config, createLogger(config.logLevel));
  try {
    return (await seedDemo(workplace, config.dataDir)).greeting;
  } finally {
    await workplace.close();
  }
});
