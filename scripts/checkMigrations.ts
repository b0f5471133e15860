import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// Fails when the tables say something that no migration does: generating once more must add nothing.
const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'tenantry-migrations-'));
try {
  const out = path.join(scratch, 'drizzle');
  cpSync(path.join(root, 'drizzle'), out, { recursive: true });
  const before = readdirSync(out).length;
  execFileSync(
    path.join(root, 'node_modules/.bin/drizzle-kit'),
    [
      'generate',
      '--dialect=postgresql',
      '--schema=./src/db/tables/*.ts',
      `--out=${path.relative(root, out)}`,
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (readdirSync(out).length !== before) {
    console.error('The tables have changed: run "npm run db:generate" and commit the migration.');
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true });
}
