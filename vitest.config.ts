import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

export default defineConfig({
  resolve: {
    // Vite would take graphql's "module" file for our code while Node takes its "main" for our
    // dependencies: two copies, which refuse each other's schema ("another module or realm").
    alias: [{ find: /^graphql$/, replacement: require.resolve('graphql') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/globalSetup.ts'],
    // Processes, not threads: some tests kill, signal and measure.
    pool: 'forks',
    // One Postgres serves all files; beyond four workers it is what they wait for.
    maxWorkers: Math.max(2, Math.min(4, availableParallelism())),
    testTimeout: 15_000,
    // Four cores are shared by four workers and their servers; what comes at all comes within this.
    expect: { poll: { timeout: 5_000 } },
    hookTimeout: 30_000,
    teardownTimeout: 15_000,
  },
});
