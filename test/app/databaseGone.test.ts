import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../db/support/proxy.ts';
import { type Answer, askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

let demo: DemoDatabase;
let proxy: TcpProxy;
let server: ServerProcess;
let url: string;
let tokens: { token: string; tenant: string }[];

beforeAll(async () => {
  demo = await createDemoDatabase();
  proxy = await startProxy(demo.serverUrl);
  server = spawnServer({
    APP_DATABASE_URL: proxy.urlFor(demo.serverUrl),
    DATA_DIR: demo.dataDir,
    DATABASE_POOL_SIZE: '2',
  });
  url = await server.url;
  tokens = await Promise.all(
    ['owner@lumen.example', 'owner@harbor.example'].map(async (email) => {
      const token = await tokenAt(url, email);
      return { token, tenant: (await askAt(url, token, page)).body.data.tenant.id };
    }),
  );
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await proxy?.close();
  await demo?.close();
});

const page = '{ tenant { id } products(first: 5) { nodes { id name } } }';
const status = async (path: string) => (await fetch(`${url}${path}`)).status;

function expectUnavailable({ status: answered, headers, body }: Answer): void {
  expect({ answered, retryAfter: headers.get('retry-after') }).toEqual({
    answered: 503,
    retryAfter: '1',
  });
  expect(headers.get('content-type')).toMatch(/json/);
  expect(body.errors[0].extensions).toMatchObject({
    code: 'UNAVAILABLE',
    requestId: expect.any(String),
  });
  expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1|postgres|select|stack/i);
}

test('a database that is gone: fast 503 for all, not ready and alive, and afterwards as before', async () => {
  proxy.refusing = true;
  proxy.resetAll();
  const since = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      askAt(url, tokens[index % 2]?.token ?? '', index % 4 < 2 ? page : '{ tenant { id } }'),
    ),
  );
  expect(performance.now() - since).toBeLessThan(2_000);
  for (const answer of answers) expectUnavailable(answer);
  expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);

  proxy.refusing = false;
  await expect.poll(() => status('/readyz')).toBe(200);
  const recovered = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const { token, tenant } = tokens[index % 2] ?? { token: '', tenant: '' };
      const { body } = await askAt(url, token, page);
      expect(body.data.tenant.id).toBe(tenant);
      return body.data.products.nodes.length;
    }),
  );
  expect(new Set(recovered)).toEqual(new Set([5]));
  expect(server.child.exitCode).toBeNull();
});

test('connections that break in the middle of answers cost their own request, and show nothing foreign', async () => {
  const outcomes = new Map<number, number>();
  const seen = (status: number) => outcomes.get(status) ?? 0;
  let through = 0;
  let inVain = 0;
  const cut = setInterval(() => {
    inVain = seen(200) > through ? 0 : inVain + 1;
    through = seen(200);
    // On a slow machine nothing gets through between two cuts: a lull then, until something has.
    if (inVain < 6) proxy.resetAll();
  }, 40);
  const since = performance.now();
  const isOver = () => {
    const took = performance.now() - since;
    return took > 20_000 || (took > 800 && seen(200) > 0 && seen(503) > 0);
  };
  await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const { token, tenant } = tokens[index % 2] ?? { token: '', tenant: '' };
      while (!isOver()) {
        const answer = await askAt(url, token, page);
        outcomes.set(answer.status, (outcomes.get(answer.status) ?? 0) + 1);
        if (answer.body.data?.tenant) expect(answer.body.data.tenant.id).toBe(tenant);
        if (answer.body.errors) expectUnavailable(answer);
      }
    }),
  );
  clearInterval(cut);
  expect([...outcomes.keys()].toSorted()).toEqual([200, 503]);
  await expect.poll(() => status('/readyz')).toBe(200);
});

test('a pool that is exhausted answers 503 after two seconds, and the operations in it go on', async () => {
  const rename =
    'mutation ($id: ID!) { productUpdate(input: { id: $id, name: "x" }) { product { id } } }';
  const nodes = (await askAt(url, tokens[0]?.token ?? '', page)).body.data.products.nodes;
  await demo.admin.query('begin; lock table app.products in share mode');
  const inside = [0, 1].map((at) =>
    askAt(url, tokens[0]?.token ?? '', rename, { id: nodes[at].id }),
  );
  await expect.poll(demo.waiting).toBe(2);
  const since = performance.now();
  const outside = await Promise.all(tokens.map(({ token }) => askAt(url, token, page)));
  expect(performance.now() - since).toBeLessThan(3_900);
  for (const answer of outside) expectUnavailable(answer);
  expect(await status('/livez')).toBe(200);
  await demo.admin.query('commit');
  for (const { status: answered, body } of await Promise.all(inside)) {
    expect([answered, body.errors]).toEqual([200, undefined]);
  }
  expect((await askAt(url, tokens[1]?.token ?? '', page)).status).toBe(200);
});
