import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { askYoga, createGraphQLServer } from '../../src/app/yoga.ts';
import { collect, oldObjectBytes } from '../support/collections.ts';

test('young collections free the requests that went Yoga’s way', async () => {
  const graphql = createGraphQLServer({
    schema: buildSchema('type Query { name: String }'),
    endpoint: '/graphql',
    execute: () => Promise.reject(new Error('nothing is executed here')),
    logger: { error: () => undefined } as never,
  });
  const refused = async (): Promise<void> => {
    const request = new graphql.fetchAPI.Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{ "query": "{ unknown }" }',
    });
    const answer = await askYoga(graphql, request, {
      facts: { requestId: 'one' } as never,
      principal: null,
      account: null,
      held: new Array(2_500).fill(0),
    });
    expect(await answer.text()).toContain('"code":"GRAPHQL_VALIDATION_FAILED"');
  };
  const serve = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) await refused();
  };
  await serve(100);
  collect('major');
  const before = oldObjectBytes();
  // Ten megabytes that nobody holds.
  for (let turn = 0; turn < 5; turn += 1) {
    await serve(100);
    collect('minor');
  }
  expect(oldObjectBytes() - before).toBeLessThan(3_000_000);
});
