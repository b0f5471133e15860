import { type Example, readExamples } from '../../src/app/graphiql/examples.ts';
import type { Answer } from './server.ts';

type Ask = (query: string, variables: object) => Promise<Answer>;

/** An example's variables, with `{{Operation.path}}` filled in as GraphiQL's page does it. */
export async function variablesOf(example: Example, ask: Ask): Promise<Record<string, unknown>> {
  let text = example.variables ?? '{}';
  for (const [found, operation, path] of text.matchAll(/\{\{(\w+)\.([\w.]+)\}\}/g)) {
    const named = new RegExp(`^query ${operation}\\b`, 'm');
    const source = (await readExamples()).find(({ query }) => named.test(query));
    if (source === undefined) throw new Error(`${example.name}: no example is named ${operation}.`);
    const { body } = await ask(source.query, JSON.parse(source.variables ?? '{}'));
    const steps = path?.split('.') ?? [];
    const value = steps.reduce((place, step) => place?.[step], body.data);
    text = text.replace(found, String(value ?? '')); // refused: the example itself will be, too
  }
  return JSON.parse(text);
}
