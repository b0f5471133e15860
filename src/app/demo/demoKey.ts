import path from 'node:path';

/** Where the seed leaves the secret of the integrator's API key, for the laptop it runs on. */
export const demoKeyFile = (dataDir: string): string => path.join(dataDir, 'demo-api-key');
