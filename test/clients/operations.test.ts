import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Example, readExamples } from '../../src/app/graphiql/examples.ts';
import { variablesOf } from '../support/runExample.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { connectApollo } from './apolloClient.ts';

let server: TestServer;
let credentials: Map<string, string | null>;

beforeAll(async () => {
  server = await startTestServer();
  const [owner, viewer, harbor] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
    server.tokenOf('owner@harbor.example'),
  ]);
  credentials = new Map([
    ['nobody', null],
    ['owner of Lumen', owner],
    ['viewer of Lumen', viewer],
    ['API key of Lumen', server.apiKey],
    ['owner of Harbor', harbor],
  ]);
});
afterAll(() => server?.close());

// What makes something comes first, for the others may name it.
const examples = (await readExamples()).toSorted(
  (a, b) => Number(b.name.endsWith('Create')) - Number(a.name.endsWith('Create')),
);

describe('the example operations', () => {
  test.each(examples)('$name runs as each identity that it names', async (example) => {
    for (const [index, identity] of example.runAs.entries()) {
      const credential = credentials.get(identity);
      if (credential === undefined) throw new Error(`"${identity}" is not a demo identity.`);
      const data = await run(example, credential);
      // Another one of the same business may find it done: a SKU is taken the second time.
      if (index === 0) expect(userErrorsIn(data)).toEqual([]);
    }
  });
});

/** As Apollo Client runs it, which throws where an answer has errors. */
async function run(example: Example, credential: string | null): Promise<unknown> {
  const client = connectApollo(server.url, credential);
  const document = parse(example.query);
  const variables = await variablesOf(example, (source) => run(source, credential));
  const isMutation = document.definitions.some(
    (each) => each.kind === 'OperationDefinition' && each.operation === 'mutation',
  );
  const { data } = isMutation
    ? await client.mutate({ mutation: document, variables })
    : await client.query({ query: document, variables });
  expect(data).toBeTypeOf('object');
  return data;
}

const userErrorsIn = (data: unknown): unknown[] =>
  Object.values(data as Record<string, { userErrors?: unknown[] } | null>).flatMap(
    (field) => field?.userErrors ?? [],
  );
