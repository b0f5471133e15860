import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let owner: string;

beforeAll(async () => {
  server = await startTestServer();
  owner = await server.tokenOf('owner@lumen.example');
});
afterAll(() => server?.close());

test.each([
  ['nests too deeply', `{ ${'viewer { '.repeat(5_000)}`],
  ['nests too deeply in values', `{ nodes(ids: ${'['.repeat(5_000)}) { id } }`],
  [
    'has too many tokens',
    `{ ${Array.from({ length: 9_000 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
  ],
  ['has too many aliases of one field', `{ ${'__typename '.repeat(20_000)} }`],
])('an operation that %s is refused before it is parsed', async (_what, query) => {
  const { body } = await server.ask(owner, query);
  expect(body).not.toHaveProperty('data');
  expect(body.errors[0].extensions.code).toBe('BAD_REQUEST');
  expect(body.errors[0].message).toMatch(/nests deeper|tokens/);
});

test('a large but honest operation is answered', async () => {
  const fields = Array.from({ length: 500 }, (_, n) => `v${n}: viewer { name }`).join(' ');
  const { status, body } = await server.ask(owner, `{ ${fields} }`);
  expect(status).toBe(200);
  expect(Object.keys(body.data)).toHaveLength(500);
});
