import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';

/** A file of schema/operations. */
export interface ExampleOperation {
  /** The file's name without its ending. */
  readonly name: string;
  readonly document: DocumentNode;
  /** JSON; `{{Operation.path}}` stands for something that another example's answer has. */
  readonly variables: string;
  /** Whom its comment says to run it as, such as "owner of Lumen". */
  readonly identities: readonly string[];
}

const folder = new URL('../../schema/operations/', import.meta.url);
const fileNames = readdirSync(folder).toSorted();
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

/** What makes something comes first, for the others may name it. */
export const exampleOperations: readonly ExampleOperation[] = fileNames
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => readOperation(file.replace(/\.graphql$/, '')))
  .toSorted((a, b) => Number(b.name.endsWith('Create')) - Number(a.name.endsWith('Create')));

/** Variables without an operation, by file name: there should be none. */
export const strayVariables = fileNames.filter(
  (file) =>
    file.endsWith('.variables.json') &&
    !fileNames.includes(file.replace(/\.variables\.json$/, '.graphql')),
);

function readOperation(name: string): ExampleOperation {
  const text = read(`${name}.graphql`);
  const variables = `${name}.variables.json`;
  const comment = (/^(?:#.*\n)+/.exec(text)?.[0] ?? '').replaceAll(/^# ?/gm, '');
  return {
    name,
    document: parse(text),
    variables: fileNames.includes(variables) ? read(variables) : '{}',
    identities: /^Run as: ([^.]+)\.$/m.exec(comment)?.[1]?.split(/,\s+/) ?? [],
  };
}

/** The name after `query` or `mutation`. */
export const operationName = ({ document }: ExampleOperation): string | undefined =>
  document.definitions.find((each) => each.kind === 'OperationDefinition')?.name?.value;

/** Fills `{{Operation.path}}` in from what `run` answers for the example with that operation. */
export async function variablesOf(
  example: ExampleOperation,
  run: (source: ExampleOperation) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  let text = example.variables;
  for (const [found, operation, path = ''] of text.matchAll(/\{\{(\w+)\.([\w.]+)\}\}/g)) {
    const source = exampleOperations.find((each) => operationName(each) === operation);
    if (source === undefined) throw new Error(`${example.name}: no example is named ${operation}.`);
    let value: unknown = await run(source);
    for (const step of path.split('.')) value = (value as Record<string, unknown> | null)?.[step];
    if (typeof value !== 'string') throw new Error(`${example.name}: ${found} is not there.`);
    text = text.replace(found, value);
  }
  return JSON.parse(text);
}
