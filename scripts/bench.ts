import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm run bench`: what the bench compares with has dependencies of its own, which are installed in
// its folder when they are wanted and never become the product's. Then it runs; see its README.
const folder = fileURLToPath(new URL('bench/', import.meta.url));

if (!isInstalled()) {
  console.log("Installing the bench's own dependencies …");
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
// Ctrl-C reaches the bench as well, which has something to clean up: wait for it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void (signal === 'SIGTERM' && bench.kill(signal)));
}
const bench = spawn(process.execPath, [path.join(folder, 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
bench.once('exit', (code) => process.exit(code ?? 1));

/** npm keeps a copy of what it installed; it names every package and version of the lock file. */
function isInstalled(): boolean {
  const kept = path.join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(kept)) return false;
  const versions = (file: string): string => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
      packages: Record<string, { version?: string; optional?: true }>;
    };
    return Object.entries(packages)
      .filter(([place, { optional }]) => place !== '' && optional === undefined)
      .map(([place, { version }]) => `${place}@${version}`)
      .sort()
      .join('\n');
  };
  return versions(kept) === versions(path.join(folder, 'package-lock.json'));
}
