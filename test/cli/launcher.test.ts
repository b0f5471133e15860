import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** A Node 20 of this machine, the oldest that may start the command; the current one where there is none. */
function oldestNode(): string {
  const found = ['/usr/local/bin/node', '/usr/bin/node'].filter((file) => existsSync(file));
  const isOld = (file: string) => execFileSync(file, ['--version']).toString().startsWith('v20.');
  return found.find(isOld) ?? process.execPath;
}

/** What `npx tenantry` runs: the file of "bin", by its first line, with nothing but that Node in the PATH. */
async function launch(...args: string[]) {
  const bin = await mkdtemp(path.join(tmpdir(), 'tenantry-node-'));
  await symlink(oldestNode(), path.join(bin, 'node'));
  const child = spawn('/usr/bin/env', ['node', path.resolve(manifest.bin.tenantry), ...args], {
    env: { PATH: bin },
    cwd: bin,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  await rm(bin, { recursive: true });
  return { code, stdout, stderr };
}

test('npx tenantry runs on a machine whose Node is 20', async () => {
  const [help, unknown] = await Promise.all([launch('--help'), launch('frobnicate')]);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^Usage: tenantry /);
  expect(unknown, 'exit codes come through').toMatchObject({ code: 2, stdout: '' });
  expect(readFileSync(manifest.bin.tenantry, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});
