import { readFile, writeFile } from 'node:fs/promises';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql';
import { buildOperatorSchema } from '../src/app/operator/schema.ts';
import { buildSchema } from '../src/app/schema.ts';

// Prints what clients are promised. --check: exit 1 where a committed file says something else.
const print = (schema: GraphQLSchema): string =>
  `${printSchemaWithDirectives(lexicographicSortSchema(schema))}\n`;

const printed = {
  'schema/schema.graphql': print(buildSchema()),
  'schema/operator.graphql': print(buildOperatorSchema()),
};

for (const [name, text] of Object.entries(printed)) {
  const file = new URL(`../${name}`, import.meta.url);
  if (!process.argv.includes('--check')) {
    await writeFile(file, text);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${name} has drifted: run "npm run schema:print" and commit it.`);
    process.exitCode = 1;
  }
}
