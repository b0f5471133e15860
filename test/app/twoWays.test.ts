import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExamples } from '../../src/app/graphiql/examples.ts';
import type { Answer } from '../support/ask.ts';
import { runExample } from '../support/runExample.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

// A request has two ways through the HTTP layer (Yoga's, and the lean path) and two through GraphQL
// (compiled, and interpreted by graphql-js). Nobody may be able to tell which one it took.

let server: TestServer;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['owner@lumen', 'viewer@lumen', 'owner@harbor']) {
    tokens[name] = await server.tokenOf(`${name}.example`);
  }
});
afterAll(() => server?.close());

interface Wire {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Yoga takes every request that has a parameter the lean path does not know, even one without a value. */
const yogaOnly = { yoga: null };

async function send(body: object, headers: Record<string, string> = {}): Promise<Wire> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'the-same-one', ...headers },
    body: JSON.stringify(body),
  });
  const { date: _date, ...rest } = Object.fromEntries(response.headers);
  return {
    status: response.status,
    headers: { ...rest, ratelimit: withoutState(rest.ratelimit ?? '') },
    text: withoutState(await response.text()),
  };
}

/** What is left of a budget, and until when, is another thing for each request. */
const withoutState = (text: string): string =>
  text
    .replace(/"remaining":\d+,"resetAt":"[^"]+"/, '"remaining":…')
    .replaceAll(/;r=\d+;t=\d+/g, ';r=…');

const bearer = (name: string) => ({ Authorization: `Bearer ${tokens[name]}` });

async function expectSame(body: object, headers: Record<string, string> = {}): Promise<Wire> {
  const lean = await send(body, headers);
  expect(lean).toEqual(await send({ ...body, ...yogaOnly }, headers));
  return lean;
}

const accepts = [
  undefined,
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json, application/json;q=0.9',
  'application/json, application/graphql-response+json',
  'text/event-stream, application/json',
  'application/json; charset=utf-16, application/graphql-response+json',
  'application/*',
  'text/html',
];

describe('the lean path answers byte for byte as Yoga does', () => {
  test.each(accepts)('with Accept: %s', async (accept) => {
    const headers = {
      ...bearer('owner@lumen'),
      ...(accept === undefined ? {} : { Accept: accept }),
    };
    for (const query of [
      '{ viewer { name } }',
      '{ nothing }',
      '{ viewer {',
      '{ product(id: "x") { id } }',
    ]) {
      await expectSame({ query }, headers);
    }
  });

  test.each([
    [
      'a query',
      { query: '{ products(first: 3) { totalCount nodes { id name price { amount } } } }' },
    ],
    [
      'a field that is refused beside one that is not',
      { query: '{ viewer { name } auditEvents { totalCount } }' },
    ],
    [
      'an operation by name',
      { query: 'query A { viewer { name } } query B { viewer { email } }', operationName: 'B' },
    ],
    ['an operation that is not there', { query: 'query A { __typename }', operationName: 'B' }],
    ['several without a name', { query: 'query A { __typename } query B { __typename }' }],
    [
      'a variable of the wrong type',
      { query: 'query ($n: Int) { products(first: $n) { nodes { id } } }', variables: { n: 'x' } },
    ],
    ['a variable that is missing', { query: 'query ($id: ID!) { product(id: $id) { id } }' }],
    [
      'a mutation with userErrors',
      {
        query:
          'mutation { productArchive(input: { id: "prd_01h455vb4pex5vsknk084sn02q" }) { userErrors { code message } } }',
      },
    ],
    [
      'a mutation with an error',
      { query: 'mutation { productArchive(input: { id: "nothing" }) { product { id } } }' },
    ],
    [
      'an error behind line breaks of every kind',
      { query: '{ viewer {\r\n name }\r\n  product(id: "x")\n { id } }' },
    ],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    [
      'skip and include',
      {
        query:
          'query ($yes: Boolean!) { viewer { name @skip(if: $yes) email @include(if: $yes) } }',
        variables: { yes: true },
      },
    ],
    ['variables that are null', { query: '{ __typename }', variables: null }],
  ])('%s', async (_what, body) => {
    for (const name of Object.keys(tokens)) await expectSame(body, bearer(name));
    await expectSame(body);
    await expectSame(body, { Authorization: 'Bearer wrong' });
  });

  const rename =
    'mutation ($name: String!) @dryRun { productUpdate(input: { id: "ID", name: $name }) { product { name } userErrors { code } } }';

  test('a dry run, and a mutation that is sent again with its key', async () => {
    const { body } = await server.ask(
      tokens['owner@lumen'] ?? '',
      '{ products(first: 1) { nodes { id } } }',
    );
    const query = rename.replace('ID', body.data.products.nodes[0].id);
    const owner = bearer('owner@lumen');
    // The third of a document is executed as it was compiled.
    const texts: string[] = [];
    for (const name of ['one', 'two', 'one', 'one']) {
      texts.push((await expectSame({ query, variables: { name } }, owner)).text);
    }
    expect(texts[0]).toContain(
      '"extensions":{"dryRun":{"usage":[],"auditEvents":[{"action":"product.updated"',
    );
    expect(texts.slice(2)).toEqual([texts[0], texts[0]]);
    await expectSame({ query, variables: {} }, owner);
    await expectSame(
      { query: query.replace('mutation (', 'query ('), variables: { name: 'x' } },
      owner,
    );

    const once = query.replace('@dryRun', '@idempotent(key: "two-ways")');
    const variables = { name: 'once' };
    await send({ query: once, variables }, owner);
    const replayed = await expectSame({ query: once, variables }, owner);
    expect(replayed.headers['idempotency-replayed']).toBe('true');
    for (const accept of accepts) {
      const headers = { ...owner, ...(accept === undefined ? {} : { Accept: accept }) };
      await expectSame({ query: once, variables: { name: 'other' } }, headers);
      await expectSame({ query: once, variables }, headers);
    }
    await expectSame({ query: once, variables: {} }, owner);
    for (const key of ['', 'a b', 'two-ways', 'another']) {
      await expectSame({ query: once, variables }, { ...owner, 'Idempotency-Key': key });
    }
    await expectSame({ query: 'mutation @dryRun { signOut(input: {}) { done } }' }, owner);
  });

  test('what is no GraphQL request is refused in the same words', async () => {
    for (const body of [
      {},
      { query: 1 },
      { query: '{ __typename }', variables: [] },
      { query: '' },
    ]) {
      await expectSame(body, bearer('owner@lumen'));
    }
  });
});

describe('compiled execution answers as graphql-js does', () => {
  let compared = 0;

  /** A document that is new is interpreted, and compiled when it comes again. */
  async function askBothWays(token: string, query: string, variables?: object): Promise<Answer> {
    if (/^mutation\b/m.test(query)) return server.ask(token, query, variables);
    for (let attempt = 1; ; attempt += 1) {
      compared += 1;
      const fresh = `${query}\n# ${compared}`;
      const interpreted = await server.ask(token, fresh, variables);
      const compiled = await server.ask(token, fresh, variables);
      // Once more where they differ: a counter may have moved between the two.
      if (attempt === 2) expect(heard(compiled)).toBe(heard(interpreted));
      if (heard(compiled) === heard(interpreted)) return compiled;
    }
  }

  /** Without what each request has of its own. */
  const heard = ({ status, body }: Answer): string =>
    JSON.stringify([status, body], (key, value) =>
      key === 'requestId' || key === 'checkedAt' ? undefined : value,
    );

  test('every example, as everybody', async () => {
    for (const token of [...Object.values(tokens), server.apiKey]) {
      for (const example of await readExamples()) {
        await runExample(example, (query, variables) => askBothWays(token, query, variables));
      }
    }
    expect(compared).toBeGreaterThan(50);
  });

  test.each([
    '{ conversations(first: 3) { edges { cursor node { id messages(last: 2) { edges { cursor node { body author { kind member { name } customer { phone } apiKey { name } } } } pageInfo { hasPreviousPage startCursor } } } } pageInfo { endCursor } } }',
    '{ a: products(first: 2) { nodes { ...F } } b: products(last: 2) { nodes { ...F ... on Node { id } } } } fragment F on Product { __typename n: name price { amount currencyCode } variants { title price { amount } } }',
    '{ customers(first: 3) { nodes { name conversations(first: 2) { totalCount nodes { subject assignee { name } } } } } }',
    '{ nodes(ids: ["prd_01h455vb4pex5vsknk084sn02q", "nothing"]) { id } viewer { name } }',
    '{ usage { meter used daily(days: 3) { day used } } members { nodes { role createdAt } } }',
    '{ products(first: 500) { nodes { id } } tenant { name } }',
  ])('%s', async (query) => {
    for (const token of Object.values(tokens)) await askBothWays(token, query);
  });
});
