import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';

// A process that uses the embedded database, for test/db/embedded.test.ts to kill.
const embedded = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });

process.on('message', async (message) => {
  if (message === 'stop') await embedded.stop();
  process.disconnect();
});
process.send?.({ url: embedded.url });
