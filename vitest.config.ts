import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What is loaded when a worker starts is 2 s of processor time without it. */
const loadQuickly = `--import=${new URL('test/support/quickStart.ts', import.meta.url).href}`;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Test files share their worker's modules: to load them for each file took a third of the suite's
    // processor time. Whatever looks at what a process keeps looks at differences.
    isolate: false,
    // A worker's code runs a few times only: V8's last compiler and its helper threads for garbage took
    // some 15 % of the processor time of four folders, without them 8 %. Servers that are processes run as
    // they are delivered.
    execArgv: [loadQuickly, '--max-opt=2', '--single-threaded-gc'],
    // Node loads our files as it does for a server, with its cache: 0.92 of the processor time of five folders.
    experimental: { viteModuleRunner: false },
    globalSetup: ['test/support/globalSetup.ts'],
    // Processes, not threads: some tests kill, signal and measure.
    pool: 'forks',
    // One Postgres serves all files; beyond four workers it is what they wait for. Three on two cores, for
    // much of what is tested is waiting.
    maxWorkers: Math.max(3, Math.min(4, availableParallelism())),
    // Guards against what never comes, far beyond what anything takes: a machine may be a third as fast, and
    // busy. What is awaited gives up before its test does and says what it was; a promise that has a time in
    // it is a bound in its test.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
