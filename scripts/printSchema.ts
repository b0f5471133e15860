import { readFile, writeFile } from 'node:fs/promises';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { lexicographicSortSchema } from 'graphql';
import { buildSchema } from '../src/app/schema.ts';

// Prints what clients are promised. --check: exit 1 where the committed file says something else.
const file = new URL('../schema/schema.graphql', import.meta.url);
const text = `${printSchemaWithDirectives(lexicographicSortSchema(buildSchema()))}\n`;

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error('schema/schema.graphql has drifted: run "npm run schema:print" and commit it.');
    process.exit(1);
  }
} else {
  await writeFile(file, text);
}
