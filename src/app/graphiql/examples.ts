import { readdir, readFile } from 'node:fs/promises';

/** An example operation: a file of schema/operations, and a tab of GraphiQL. */
export interface Example {
  /** The file's name without its ending, such as `productSearch`. */
  readonly name: string;
  /** The document, with the comment that explains it. */
  readonly query: string;
  /** JSON, from the sibling `<name>.variables.json`; null: it takes none. */
  readonly variables: string | null;
  /** Whom it is for. */
  readonly audience: Audience;
  /** The labels of the demo identities that may run it; `nobody` is a caller who is not signed in. */
  readonly runAs: readonly string[];
}

/** In the order of the tabs. */
const audiences = ['everyone', 'a frontend team', 'an integrator', 'an admin'] as const;
type Audience = (typeof audiences)[number];

const folder = new URL('../../../schema/operations/', import.meta.url);

/**
 * Reads the examples, sorted by audience, what only reads before what changes, then by name. Throws
 * where the leading comment of a file lacks its "For:" or its "Run as:".
 */
export async function readExamples(): Promise<Example[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.graphql'));
  const examples = await Promise.all(files.map((file) => readExample(file.slice(0, -8))));
  return examples.sort((a, b) => placeOf(a) - placeOf(b) || a.name.localeCompare(b.name, 'en'));
}

async function readExample(name: string): Promise<Example> {
  const [query, variables] = await Promise.all([
    readFile(new URL(`${name}.graphql`, folder), 'utf8'),
    readFile(new URL(`${name}.variables.json`, folder), 'utf8').catch(orNone),
  ]);
  const comment = (/^(?:#.*\n)+/.exec(query)?.[0] ?? '').replaceAll(/^# ?/gm, '');
  const audienceText = /^For: (.+)\.$/m.exec(comment)?.[1];
  const audience = audiences.find((known) => known === audienceText);
  const runAs = /^Run as: ([^.]+)\.$/m.exec(comment)?.[1]?.split(/,\s+/) ?? [];
  if (audience === undefined || runAs.length === 0) {
    throw new Error(
      `schema/operations/${name}.graphql has to begin with a comment that has the lines "For: …." (${audiences.join(', ')}) and "Run as: …, ….".`,
    );
  }
  return { name, query, variables, audience, runAs };
}

const placeOf = ({ query, audience }: Example): number =>
  2 * audiences.indexOf(audience) + (/^mutation\b/m.test(query) ? 1 : 0);

function orNone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
