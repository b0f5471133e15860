import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestOperators, type TestOperators } from '../support/operators.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

// What graphql-cop asks (github.com/dolevf/graphql-cop), and what else is made to keep a server busy. As
// in production: no GraphiQL.
let server: TestServer;
let operators: TestOperators;
let token: string;
beforeAll(async () => {
  server = await startTestServer({ GRAPHIQL: 'off', DEMO_IDENTITIES: 'off' });
  operators = await openTestOperators(server);
  token = await server.tokenOf('owner@lumen.example');
});
afterAll(async () => {
  await operators?.database.close();
  await server?.close();
});

const many = (count: number, each: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => each(n)).join(' ');

const attacks: Record<string, string> = {
  'alias overloading': `{ ${many(101, (n) => `alias${n}: __typename`)} }`,
  'aliases through fragments': `{ ...A ...B ...C } ${['A', 'B', 'C'].map((name) => `fragment ${name} on Query { ${many(20, (n) => `${name}${n}: __typename`)} }`).join(' ')}`,
  'aliases in a row': `{ products { nodes { ${many(52, (n) => `alias${n}: id`)} } } }`,
  'field duplication': `{ ${'__typename '.repeat(500)} }`,
  'field duplication in a row': `{ products { nodes { ${'price { amount } '.repeat(100)} } } }`,
  'root fields': `{ ${'viewer { id } '.repeat(101)} }`,
  'directive overloading': `{ __typename ${'@aa'.repeat(10)} }`,
  'directives everywhere': `{ products { nodes { ${'id @skip(if: false) '.repeat(201)} } } }`,
  'fields in fields': `{ conversation(id: "x") { ${'customer { conversations { nodes { '.repeat(8)} id ${'} } } '.repeat(8)} } }`,
  'fields in fields through fragments': `{ conversation(id: "x") { ...F0 } } ${many(10, (n) => `fragment F${n} on Conversation { customer { conversations { nodes { ...F${n + 1} } } } }`)} fragment F10 on Conversation { id }`,
  'fragments that unfold': `{ ...F0 } ${many(30, (n) => `fragment F${n} on Query { ...F${n + 1} ... on Query { ...F${n + 1} } }`)} fragment F30 on Query { viewer { id } }`,
  'a circle of fragments': '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
  'many fragments': `{ ...F0 } ${many(101, (n) => `fragment F${n} on Query { __typename }`)}`,
  'many variables': `query (${many(1_500, (n) => `$v${n}: Int`)}) { __typename }`,
  'a variable that objects have anyway':
    'query ($__proto__: Int) { products(first: $__proto__) { nodes { id } } }',
  'a long list': `{ nodes(ids: [${'"x" '.repeat(2_501)}]) { id } }`,
  'a megabyte of fields': `{ ${'a '.repeat(450_000)} }`,
  'a megabyte of comment': `# ${'x'.repeat(900_000)}\n{ __typename }`,
};

test.each(Object.entries(attacks))('%s is refused at once with one error', async (_what, query) => {
  for (const ask of [
    () => server.ask(null, query),
    () => server.ask(token, query),
    () => operators.ask(operators.token, query),
  ]) {
    const since = performance.now();
    const { status, body } = await ask();
    // Some 5 ms where nothing else runs; validation took some of them seconds.
    expect(performance.now() - since).toBeLessThan(1_000);
    expect([200, 400]).toContain(status);
    expect(body.errors).toHaveLength(1);
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(body.data).toBeUndefined();
  }
});

test('introspection does not go round in circles, for whoever may use it', async () => {
  const circle = `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} } '.repeat(6)} } } }`;
  const { body } = await server.ask(token, circle);
  expect(body.errors[0]).toMatchObject({
    message: 'Maximum introspection depth exceeded',
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
  expect((await server.ask(null, '{ __schema { types { name } } }')).status).toBe(401);
  expect(
    (
      await server.ask(
        null,
        '{ viewer { id } ...I } fragment I on Query { __type(name: "Product") { name } }',
      )
    ).status,
  ).toBe(401);
  expect(
    (await server.ask(token, '{ __schema { types { name } } }')).body.data.__schema,
  ).toBeDefined();
});

test('a list in variables is no longer than any that may be asked for', async () => {
  const { body } = await server.ask(
    token,
    'query ($f: CustomerFilter) { customers(filter: $f) { nodes { id } } }',
    { f: { phone: { in: Array.from({ length: 2_501 }, (_, n) => `+49${n}`) } } },
  );
  expect(body).toMatchObject({
    errors: [{ message: 'A list in the variables has 2501 items; 2500 is the most.' }],
  });
});

const send = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init);
const json = { 'Content-Type': 'application/json' };

test('nothing is done by GET, by a form, in a batch, or by what no page had to ask for', async () => {
  const mutation = 'mutation { __typename }';
  const batch = JSON.stringify(Array.from({ length: 10 }, () => ({ query: '{ __typename }' })));
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: mutation }));
  form.set('map', '{}');
  const answers = {
    get: await send(`/graphql?query=${encodeURIComponent(mutation)}`),
    urlencoded: await send('/graphql', {
      method: 'POST',
      body: new URLSearchParams({ query: mutation }),
    }),
    text: await send('/graphql', { method: 'POST', body: JSON.stringify({ query: mutation }) }),
    multipart: await send('/graphql', { method: 'POST', body: form }),
    batch: await send('/graphql', { method: 'POST', headers: json, body: batch }),
    operatorGet: await send(`/operator/graphql?query=${encodeURIComponent('{ __typename }')}`),
    operatorBatch: await send('/operator/graphql', { method: 'POST', headers: json, body: batch }),
  };
  const statuses = Object.fromEntries(
    await Promise.all(
      Object.entries(answers).map(async ([way, answer]) => {
        expect(await answer.text(), way).not.toContain('"data"');
        return [way, answer.status];
      }),
    ),
  );
  expect(statuses).toEqual({
    get: 405,
    urlencoded: 415,
    text: 415,
    multipart: 403,
    batch: 400,
    operatorGet: 405,
    operatorBatch: 400,
  });
});

test('errors tell no stack, no trace and, to strangers, no names', async () => {
  const tries = [
    'qwerty cop { abc }',
    '{ __schema { directive } }',
    '{ produkts { id } }',
    '{ viewer { nam } }',
  ];
  for (const query of tries) {
    const { body } = await server.ask(null, query);
    expect(Object.keys(body)).toEqual(['errors']);
    for (const error of body.errors) {
      expect(Object.keys(error.extensions).sort()).toEqual(['code', 'requestId']);
      expect(error.message).not.toMatch(/Did you mean|node_modules|at \w+ \(/);
    }
  }
  const { body } = await server.ask(token, '{ viewer { id } }');
  expect(body.extensions?.tracing).toBeUndefined();
});

test('where GraphiQL is off, no path serves a console', async () => {
  const headers = { Accept: 'text/html' };
  for (const path of [
    '/',
    '/graphql',
    '/graphiql',
    '/playground',
    '/console',
    '/altair',
    '/v1/graphql',
  ]) {
    const answer = await send(path, { headers });
    expect([path, answer.headers.get('content-type') ?? '']).toEqual([
      path,
      expect.not.stringContaining('html'),
    ]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  }
});
