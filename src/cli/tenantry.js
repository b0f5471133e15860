#!/usr/bin/env node
// `npx tenantry` runs with the machine's own Node, which may be 20 and then reads no TypeScript: this
// file is JavaScript, and hands over to the Node that the package pins. A build step would give the
// command a second form that nobody runs while working on it; an npm script needs no such file, but
// then there is no `npx`. One more process costs 40 ms.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));
// Resolved, not ../../node_modules: installed as somebody's dependency, `node` stands beside us.
const pinned = fileURLToPath(new URL('bin/node', import.meta.resolve('node/package.json')));
if (!existsSync(pinned)) {
  console.error(
    'The Node that tenantry runs on was not installed: run "npm ci" again, without --ignore-scripts.',
  );
  process.exit(1);
}

// As the npm scripts do; but --env-file-if-exists says on stderr when there is none.
const settings = here('../../.env');
const withSettings = existsSync(settings) ? [`--env-file=${settings}`] : [];
const child = spawn(pinned, [...withSettings, here('./main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// A terminal's Ctrl-C reaches both; the child decides what it means, and we end as it does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(/** @type {NodeJS.Signals} */ (signal)));
}
child.on('error', (error) => {
  console.error(`${pinned} could not be started: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
