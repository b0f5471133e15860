import { expect, test } from 'vitest';
import { runProgram } from '../support/runProgram.ts';

/** Nobody listens on the port of discarding (RFC 863) of a test's machine. */
const nowhere = 'postgresql://postgres:canary-secret@127.0.0.1:9/tenantry';

async function refused(file: string, environment: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runProgram(file, environment);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).not.toMatch(/^\s+at |canary-secret/m);
  return stderr;
}

test.each(['scripts/migrate.ts', 'scripts/seed.ts'])(
  '%s says in a sentence why it cannot work',
  async (file) => {
    const [gone, wrong, proc] = await Promise.all([
      refused(file, { DATABASE_URL: nowhere }),
      refused(file, { DATABASE_URL: 'localhost:5432' }),
      refused(file, { DATA_DIR: '/proc/x' }),
    ]);
    expect(gone).toMatch(/^The database cannot be used \(DATABASE_URL.*Nothing listens there/);
    expect(wrong).toMatch(/^DATABASE_URL is expected to be a URL/);
    expect(proc).toContain('set DATA_DIR to a directory that is');
  },
);

test('what only an administrator can do is not said to be done without one', async () => {
  const said = await refused('scripts/migrate.ts', { APP_DATABASE_URL: nowhere });
  expect(said).toMatch(/^DATABASE_URL is expected/);
});

test('the demo is not put into production', async () => {
  const said = await refused('scripts/seed.ts', {
    NODE_ENV: 'production',
    APP_DATABASE_URL: nowhere,
    JWT_PRIVATE_KEYS: '{}',
  });
  expect(said).toMatch(/^NODE_ENV is production/);
});
