import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createHttpServer, listen } from '../../src/app/listen.ts';
import { askAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

let demo: DemoDatabase;
let server: ServerProcess;
let url: string;
beforeAll(async () => {
  demo = await createDemoDatabase();
  server = spawnServer({
    APP_DATABASE_URL: demo.serverUrl,
    DATA_DIR: demo.dataDir,
    LOG_LEVEL: 'error',
  });
  url = await server.url;
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await demo?.close();
});

/** Sends a body, its length announced or not; answers the status, or 413 for a connection that is shut. */
function post(body: Buffer, announced: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = announced ? { 'Content-Length': body.length } : {};
    const headers = { 'Content-Type': 'application/json', ...length };
    const request = http.request(`${url}/graphql`, { method: 'POST', headers, agent: false });
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    // The server does not read on after its answer: who still writes may see that before the answer.
    request.on('error', (error: NodeJS.ErrnoException) =>
      ['EPIPE', 'ECONNRESET'].includes(error.code ?? '') ? resolve(413) : reject(error),
    );
    request.end(body);
  });
}

/** In bytes; only where the kernel tells. */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

test('ten megabytes of variables are refused before they are read, and cost no memory', async () => {
  const variables = { text: 'x'.repeat(10_000_000) };
  const body = Buffer.from(JSON.stringify({ query: '{ __typename }', variables }));
  const before = await memory();
  for (let turn = 0; turn < 3; turn += 1) {
    const statuses = await Promise.all(
      Array.from({ length: 10 }, (_, index) => post(body, index % 2 === 0)),
    );
    expect(statuses).toEqual(statuses.map(() => 413));
  }
  // 300 MB were offered.
  expect((await memory()) - before).toBeLessThan(60_000_000);
  expect((await askAt(url, null, '{ __typename }')).status).toBe(200);
});

test('documents that are refused for their shape are not kept', async () => {
  const dense = `{ products { nodes { ${'price { amount } '.repeat(2_000)} } } }`;
  const before = await memory();
  for (let turn = 0; turn < 120; turn += 1) {
    await askAt(url, demo.apiKey, `${dense}${' '.repeat(turn)}`);
  }
  // Parsed they have 3 MB each.
  expect((await memory()) - before).toBeLessThan(150_000_000);
});

test('what nests deep or goes on for long is refused at once, as the caller’s fault', async () => {
  const deepJson = `{"query":"{__typename}","variables":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}`;
  expect(await post(Buffer.from(deepJson), true)).toBe(400);
  const documents = {
    'nested fields': '{a'.repeat(100_000),
    'nested lists': `{products(filter:${'['.repeat(100_000)}`,
    'nested parentheses': '{a(b:{'.repeat(50_000),
    aliases: `{${Array.from({ length: 20_000 }, (_, n) => `a${n}:__typename`).join(' ')}}`,
    directives: `{__typename ${'@a'.repeat(50_000)}}`,
    fragments: `{...A} ${Array.from({ length: 5_000 }, (_, n) => `fragment A${n} on Query{...A}`).join(' ')}`,
    'a text that never ends': `{a(b:"${'x'.repeat(150_000)}`,
  };
  for (const [what, document] of Object.entries(documents)) {
    for (const credential of [null, demo.apiKey]) {
      const since = performance.now();
      const { body } = await askAt(url, credential, document);
      expect({ what, code: body.errors[0].extensions.code }).toEqual({
        what,
        code: what.startsWith('a text') ? 'GRAPHQL_PARSE_FAILED' : 'BAD_REQUEST',
      });
      expect(performance.now() - since).toBeLessThan(1_000);
    }
  }
  expect(server.output()).not.toContain('"level":50');
});

test('slow headers and slow bodies get 408 and are cut off; who is quick is served meanwhile', async () => {
  const slow = createHttpServer(
    (request, response) => {
      request.resume().on('end', () => response.end('served'));
    },
    { headersMs: 200, requestMs: 400 },
  );
  onTestFinished(() => {
    slow.closeAllConnections();
    slow.close();
  });
  const address = await listen(slow, { host: '127.0.0.1', port: 0 });
  const { port } = new URL(address);
  const trickle = async (head: string) => {
    const socket = net.connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.write(head);
    // Something comes all the time, and never enough.
    const timer = setInterval(() => answer === '' && socket.write('x'), 20);
    const since = performance.now();
    // Not once(): it rejects when the server cuts off what is still being sent.
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(timer);
    return { answer, took: performance.now() - since };
  };
  const [headers, body, served] = await Promise.all([
    trickle('POST / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    trickle('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'),
    fetch(address).then((response) => response.text()),
  ]);
  expect(headers.answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(body.answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(Math.max(headers.took, body.took)).toBeLessThan(5_000);
  expect(served).toBe('served');
});

test('the server itself waits ten seconds for headers and a minute for a body, no longer', () => {
  const { headersTimeout, requestTimeout } = createHttpServer(() => undefined);
  expect({ headersTimeout, requestTimeout }).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 60_000,
  });
});

test('a batch is refused', async () => {
  const one = { query: '{ __typename }' };
  expect(await post(Buffer.from(JSON.stringify([one, one])), true)).toBe(400);
});

test('who is not signed in sees no introspection and no suggestion, whoever is does', async () => {
  const hidden = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Product") { fields { name } } }',
    'query { ... on Query { x: __schema { types { name } } } }',
    'query { ...A } fragment A on Query { __type(name: "Query") { name } }',
    'mutation { signIn(input: { email: "a", password: "b" }) { token } productArchive(input: { id: "x" }) { userErrors { code } } }',
  ];
  for (const query of hidden) expect((await askAt(url, null, query)).status).toBe(401);
  const misspelt: [string, object?][] = [
    ['{ product(id: "x") { nam } }'],
    ['mutation { signI(input: {}) { token } }'],
    ['mutation ($i: SignInInpu!) { signIn(input: $i) { toke } }'],
    ['mutation ($i: SignInInput!) { signIn(input: $i) { token } }', { i: { emai: 'x' } }],
    ['{ products(orderBy: { key: NAM, direction: ASC }) { nodes { id } } }'],
    ['{ products(firs: 1) { nodes { id } } }'],
    ['{ node(id: "x") { name } }'],
  ];
  for (const [query, variables] of misspelt) {
    const shown = JSON.stringify((await askAt(url, null, query, variables)).body);
    expect(shown).toContain('errors');
    expect(shown).not.toMatch(/did you mean/i);
    const known = JSON.stringify((await askAt(url, demo.apiKey, query, variables)).body);
    expect(known).toMatch(/did you mean/i);
  }
});
