import { readFile, writeFile } from 'node:fs/promises';
import { buildSchema } from '../src/app/schema.ts';
import { describePermissions } from './printPermissions/describePermissions.ts';

// Prints the one table of permissions and what each field asks for. --check: exit 1 where the
// committed file says something else.
const file = new URL('../docs/permissions.md', import.meta.url);
const text = describePermissions(buildSchema());

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error('docs/permissions.md has drifted: run "npm run schema:print" and commit it.');
    process.exit(1);
  }
} else {
  await writeFile(file, text);
}
