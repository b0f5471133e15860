import { createLogger } from '../src/app/logger.ts';
import { seedDemo } from '../src/app/seed.ts';
import { openWorkplace } from '../src/app/workplace.ts';
import { ConfigError, loadConfig } from '../src/config.ts';
import { runScript } from './runScript.ts';

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
