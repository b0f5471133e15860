import { createLogger } from '../src/app/logger.ts';
import { openWorkplace } from '../src/app/workplace.ts';
import { loadConfig } from '../src/config.ts';
import { migrate } from '../src/db/migrate.ts';

// Brings the database of DATABASE_URL, or the embedded one, to this version.
const config = loadConfig({ ...process.env, NODE_ENV: 'development' });
if (config.adminUrl === undefined) {
  const workplace = await openWorkplace(config, createLogger(config.logLevel));
  await workplace.close();
  console.log('The embedded database is up to date.');
} else {
  const { applied } = await migrate({
    url: config.adminUrl,
    serverUrl: config.serverUrl,
    operatorUrl: config.operatorUrl,
    repair: true,
  });
  console.log(applied.length === 0 ? 'Up to date.' : `Applied ${applied.join(', ')}.`);
}
