import { type Example, readExamples } from '../../src/app/graphiql/examples.ts';
import type { Answer } from './ask.ts';

/**
 * The example's variables as GraphiQL's page fills them in: `{{Operation.path}}` is looked up in the
 * `data` that `run` answers for the example with that operation. Throws when it is not there.
 */
export async function variablesOf(
  { name, variables }: Example,
  run: (source: Example) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  let text = variables ?? '{}';
  for (const [found, operation, path = ''] of text.matchAll(/\{\{(\w+)\.([\w.]+)\}\}/g)) {
    const named = new RegExp(`^query ${operation}\\b`, 'm');
    const source = (await readExamples()).find((example) => named.test(example.query));
    if (source === undefined) throw new Error(`${name}: no example is named ${operation}.`);
    let value: unknown = await run(source);
    for (const step of path.split('.')) value = (value as Record<string, unknown> | null)?.[step];
    if (typeof value !== 'string') throw new Error(`${name}: ${found} is not there.`);
    text = text.replace(found, value);
  }
  return JSON.parse(text);
}

/** Runs an example as GraphiQL's page does: where one that it builds on is refused, so is this one. */
export async function runExample(
  example: Example,
  ask: (query: string, variables: object) => Promise<Answer>,
): Promise<Answer> {
  let refused: Answer | null = null;
  const run = async (source: Example): Promise<unknown> => {
    const answer = await runExample(source, ask);
    if (answer.body.errors !== undefined) refused = answer;
    return answer.body.data;
  };
  try {
    return await ask(example.query, await variablesOf(example, run));
  } catch (error) {
    if (refused !== null) return refused;
    throw error;
  }
}
