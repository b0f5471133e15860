import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../db/support/proxy.ts';
import { askAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

let demo: DemoDatabase;
let proxy: TcpProxy;
let server: ServerProcess;
let url: string;
let id: string;

const page = '{ products(first: 1) { nodes { id name } } }';
const rename =
  'mutation ($id: ID!, $name: String!) { productUpdate(input: { id: $id, name: $name }) { product { name } } }';

beforeAll(async () => {
  demo = await createDemoDatabase();
  proxy = await startProxy(demo.serverUrl);
  server = spawnServer({
    APP_DATABASE_URL: proxy.urlFor(demo.serverUrl),
    DATA_DIR: demo.dataDir,
    // Its text is on the wire each time, for the proxy to see.
    DATABASE_NAMED_STATEMENTS: 'false',
  });
  url = await server.url;
  id = (await askAt(url, demo.apiKey, page)).body.data.products.nodes[0].id;
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await proxy?.close();
  await demo?.close();
});

/** Sends it and answers how to hang up; that its answer never comes is what is wanted. */
function send(query: string, variables?: object): () => Promise<unknown> {
  const client = new AbortController();
  const answer = askAt(url, demo.apiKey, query, variables, client.signal).then(
    ({ body }) => body,
    () => 'hung up',
  );
  return () => {
    client.abort();
    return answer;
  };
}

const namesOf = async (name: string) =>
  (await demo.admin.query('select from app.products where name = $1', [name])).rowCount;

/** Statements and transactions of the server's that are still there. */
async function underWay(): Promise<unknown[]> {
  const { rows } = await demo.observer.query(
    `select state, query from pg_stat_activity where datname = current_database()
     and usename = 'tenantry_server' and (xact_start is not null or state <> 'idle')`,
  );
  return rows;
}

test.each([
  ['a query', 'access exclusive', page],
  ['a mutation', 'share', rename],
])('a client that hangs up takes %s out of Postgres', async (_what, mode, operation) => {
  await demo.admin.query(`begin; lock table app.products in ${mode} mode`);
  const hangUp = send(operation, { id, name: 'hung up' });
  await expect.poll(demo.waiting).toBe(1);
  expect(await hangUp()).toBe('hung up');
  // Long before lock_timeout would end it, after five seconds.
  await expect.poll(underWay, { timeout: 2_500 }).toEqual([]);
  await demo.admin.query('commit');
  expect(await namesOf('hung up')).toBe(0);
  expect((await askAt(url, demo.apiKey, page)).status).toBe(200);
});

test('a client that hangs up cancels no commit that is under way', async () => {
  const committing = Promise.withResolvers<void>();
  let changed = false;
  proxy.judge = (piece, direction) => {
    changed ||= piece.includes('saved unheard');
    if (changed && direction === 'toServer' && piece.includes('commit\0')) {
      // On its way for a while, and the client gone before it arrives.
      proxy.delayMs = 150;
      committing.resolve();
    }
    return 'pass';
  };
  const hangUp = send(rename, { id, name: 'saved unheard' });
  await committing.promise;
  expect(await hangUp()).toBe('hung up');
  expect(await namesOf('saved unheard')).toBe(0);
  await expect.poll(() => namesOf('saved unheard')).toBe(1);
  proxy.judge = undefined;
  proxy.delayMs = 0;
  await expect.poll(underWay).toEqual([]);
});

test('a client that breaks off its request is no fault of ours: nothing is logged as an error', async () => {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Request-Id: half-a-body\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n{"query":`;
  socket.write(head);
  await once(socket, 'data'); // "100 Continue": it reads the body
  socket.destroy();
  await expect.poll(() => server.output()).toContain('"requestId":"half-a-body"');
  const lines = server.output().split('\n');
  const about = lines.filter((line) => line.includes('half-a-body'));
  expect(about.map((line) => JSON.parse(line).level)).toEqual([30]);
});
