import { type Example, readExamples } from '../../src/app/graphiql/examples.ts';
import type { Answer } from './ask.ts';

type Ask = (query: string, variables: object) => Promise<Answer>;

/**
 * Runs an example as GraphiQL's page does: `{{Operation.path}}` in its variables is looked up in the
 * answer of that example first, and where that one is refused, so is this one.
 */
export async function runExample({ name, query, variables }: Example, ask: Ask): Promise<Answer> {
  let text = variables ?? '{}';
  for (const [found, operation, path] of text.matchAll(/\{\{(\w+)\.([\w.]+)\}\}/g)) {
    const named = new RegExp(`^query ${operation}\\b`, 'm');
    const source = (await readExamples()).find((example) => named.test(example.query));
    if (source === undefined) throw new Error(`${name}: no example is named ${operation}.`);
    const answer = await ask(source.query, JSON.parse(source.variables ?? '{}'));
    if (answer.body.errors !== undefined) return answer;
    const value = path?.split('.').reduce((place, step) => place?.[step], answer.body.data);
    text = text.replace(found, String(value));
  }
  return ask(query, JSON.parse(text));
}
