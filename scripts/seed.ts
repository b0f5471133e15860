import { createLogger } from '../src/app/logger.ts';
import { seedDemo } from '../src/app/seed.ts';
import { openWorkplace } from '../src/app/workplace.ts';
import { loadConfig } from '../src/config.ts';

// Fills the database of DATABASE_URL, or the embedded one, with the demo's two businesses.
const config = loadConfig();
const workplace = await openWorkplace(config, createLogger(config.logLevel));
console.log((await seedDemo(workplace, config.dataDir)).greeting);
await workplace.close();
