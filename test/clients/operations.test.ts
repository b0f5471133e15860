import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { connectApollo } from './apolloClient.ts';

const folder = new URL('../../schema/operations/', import.meta.url);
const fileNames = readdirSync(folder).toSorted();

interface Example {
  name: string;
  document: DocumentNode;
  variables: Record<string, unknown>;
  /** Whom its comment names, such as "owner of Lumen". */
  identities: string[];
}

function readExample(file: string): Example {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const variables = file.replace(/\.graphql$/, '.variables.json');
  return {
    name: file.replace(/\.graphql$/, ''),
    document: parse(text),
    variables: fileNames.includes(variables)
      ? JSON.parse(readFileSync(new URL(variables, folder), 'utf8'))
      : {},
    identities: /^# Run as: (.+)\.$/m.exec(text)?.[1]?.split(', ') ?? [],
  };
}

// What makes something comes first, for the others may name it.
const examples = fileNames
  .filter((file) => file.endsWith('.graphql'))
  .map(readExample)
  .toSorted((a, b) => Number(b.name.endsWith('Create')) - Number(a.name.endsWith('Create')));

let server: TestServer;
let credentials: Map<string, string | null>;

beforeAll(async () => {
  server = await startTestServer();
  const [owner, viewer, member, harbor] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
    server.tokenOf('member@lumen.example', 'lumen'),
    server.tokenOf('owner@harbor.example'),
  ]);
  credentials = new Map([
    ['nobody', null],
    ['owner of Lumen', owner],
    ['viewer of Lumen', viewer],
    ['member of Lumen', member],
    ["integrator's key of Lumen", server.apiKey],
    ['owner of Harbor', harbor],
  ]);
});
afterAll(() => server?.close());

describe('the example operations', () => {
  test('are all there with the variables that belong to them', () => {
    expect(examples.length).toBeGreaterThan(0);
    const names = new Set(examples.map(({ name }) => name));
    const variables = fileNames.filter((file) => file.endsWith('.variables.json'));
    expect(variables.filter((file) => !names.has(file.replace('.variables.json', '')))).toEqual([]);
  });

  test.each(examples)('$name runs as each identity that it names', async (example) => {
    expect(example.identities.length).toBeGreaterThan(0);
    for (const [index, identity] of example.identities.entries()) {
      const credential = credentials.get(identity);
      expect(credential, `"${identity}" is not a demo identity`).not.toBeUndefined();
      const data = await run(example, credential ?? null);
      // Another one of the same business may find it done: a SKU is taken the second time.
      if (index === 0) expect(userErrorsIn(data)).toEqual([]);
    }
  });
});

async function run({ document, variables }: Example, credential: string | null): Promise<unknown> {
  const client = connectApollo(server.url, credential);
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
