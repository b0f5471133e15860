import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// `.ci/run` with an npm that only pretends: what its last line and its exit code make of the steps.

let bin: string;
beforeAll(async () => {
  bin = await mkdtemp(path.join(tmpdir(), 'tenantry-ci-'));
  await symlink(process.execPath, path.join(bin, 'node'));
  // A step fails when FAILING names it; `npm test` writes REPORT as vitest would.
  await program(
    'npm',
    `code=0
for word; do
  case "$word" in
    --outputFile.json=*) [ -z "$REPORT" ] || printf %s "$REPORT" > "\${word#*=}" ;;
    "$FAILING") code=1 ;;
  esac
done
exit $code`,
  );
  await program('chromium', 'exit 0');
});
afterAll(() => rm(bin, { recursive: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(bin, name), 0o755);
}

const report = (numPassedTests: number, numFailedTests: number, numPendingTests: number): string =>
  JSON.stringify({
    numPassedTests,
    numFailedTests,
    numPendingTests,
    numTodoTests: 0,
    testResults: [],
  });

/** Its last line and its exit code. */
function run(failing: string, given: string): Promise<[string | undefined, unknown]> {
  const env = { PATH: `${bin}:/usr/bin:/bin`, FAILING: failing, REPORT: given };
  return new Promise((resolve) => {
    execFile('bash', ['.ci/run'], { env }, (error, stdout) =>
      resolve([stdout.trimEnd().split('\n').at(-1), error?.code ?? 0]),
    );
  });
}

test('the last line of .ci/run counts failed steps, and the exit code says the same', async () => {
  const [whole, lint, tests, both, unread, install] = await Promise.all([
    run('', report(9, 0, 2)),
    run('lint', report(9, 0, 0)),
    run('test', report(7, 2, 0)),
    run('check:schema', report(7, 2, 0)),
    run('test', ''),
    run('ci', report(9, 0, 0)),
  ]);
  expect(whole).toEqual(['9 passed, 0 failed, 2 skipped', 0]);
  expect(lint).toEqual(['9 passed, 1 failed', 1]);
  expect(tests).toEqual(['7 passed, 2 failed', 1]);
  expect(both).toEqual(['7 passed, 3 failed', 1]);
  expect(unread).toEqual(['0 passed, 1 failed', 1]);
  expect(install).toEqual(['0 passed, 1 failed', 1]);
});

test('.ci/run runs every step of "npm run check"', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const steps = [...String(scripts.check).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name);
  const text = await readFile('.ci/run', 'utf8');
  const run = [...text.matchAll(/npm run --silent ([\w:]+)/g)].map(([, name]) => name);
  expect(steps.length).toBeGreaterThan(5);
  expect(steps.filter((name) => !run.includes(name))).toEqual([]);
});
