import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../../src/db/embedded/processes.ts';
import { askAt, tokenAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

// Several server processes on one port (WEB_CONCURRENCY), each seen by its lines in the log.

let demo: DemoDatabase;
beforeAll(async () => {
  demo = await createDemoDatabase();
});
afterAll(() => demo?.close());

const firstProduct = '{ products(first: 1) { nodes { id } } }';
const rename =
  'mutation ($id: ID!, $name: String!) { productUpdate(input: { id: $id, name: $name }) { product { name } } }';

const makeKey =
  'mutation { apiKeyCreate(input: { name: "To be revoked", scopes: ["products:read"] }) { apiKey { id } secret } }';
const revokeKey =
  'mutation ($id: ID!) { apiKeyRevoke(input: { id: $id }) { userErrors { message } } }';

function startTwo(environment: Record<string, string> = {}): ServerProcess {
  const server = spawnServer({
    APP_DATABASE_URL: demo.serverUrl,
    DATA_DIR: demo.dataDir,
    WEB_CONCURRENCY: '2',
    ...environment,
  });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  return server;
}

interface Line {
  readonly pid: number;
  readonly worker?: number;
  readonly msg: string;
  readonly requestId?: string;
}

function linesOf(server: ServerProcess): Line[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
}

/** Waits until so many processes have begun to serve; answers the latest two. */
async function latestTwo(server: ServerProcess, count = 2): Promise<[number, number]> {
  const begun = (): number[] =>
    linesOf(server).flatMap(({ msg, worker }) =>
      msg === 'a server process serves' && worker !== undefined ? [worker] : [],
    );
  await server.url;
  await expect.poll(() => begun().length).toBe(count);
  const [older, newer] = begun().slice(-2);
  // 0 would be a signal to everybody here.
  if (!older || !newer) throw new Error('there are no two');
  return [older, newer];
}

/** Asks on connections of their own until each of the processes has answered `times`; their statuses by pid. */
async function askEach(
  server: ServerProcess,
  url: string,
  pids: readonly number[],
  { key = demo.apiKey, times = 1 } = {},
): Promise<Map<number, number[]>> {
  const statuses = new Map<number, number[]>();
  const asked = new Map<string, number>();
  for (let turn = 0; ; turn += 1) {
    const requestId = `turn-${turn}-${performance.now()}`;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        'X-Request-Id': requestId,
        Connection: 'close',
      },
      body: JSON.stringify({ query: firstProduct }),
    });
    await response.text();
    asked.set(requestId, response.status);
    statuses.clear();
    for (const line of linesOf(server)) {
      const status = asked.get(line.requestId ?? '');
      if (status !== undefined) statuses.set(line.pid, [...(statuses.get(line.pid) ?? []), status]);
    }
    if (pids.every((pid) => (statuses.get(pid)?.length ?? 0) >= times)) return statuses;
  }
}

test('one port, several processes: each refuses a revoked key within a second, and is replaced when it ends; when all keep ending, exit code 1', async () => {
  const server = startTwo();
  const url = await server.url;
  const pids = await latestTwo(server);
  expect(new Set(pids).size).toBe(2);
  expect(pids).not.toContain(server.child.pid);
  const owner = await tokenAt(url, 'owner@lumen.example');
  const { apiKey, secret } = (await askAt(url, owner, makeKey)).body.data.apiKeyCreate;
  const before = await askEach(server, url, pids, { key: secret, times: 2 });
  expect([...before.keys()].toSorted()).toEqual(pids.toSorted());
  expect([...before.values()].flat().every((status) => status === 200)).toBe(true);

  await askAt(url, owner, revokeKey, { id: apiKey.id });
  const revoked = performance.now();
  await expect
    .poll(async () => [...(await askEach(server, url, pids, { key: secret })).values()].flat())
    .not.toContain(200);
  expect(performance.now() - revoked).toBeLessThan(1_000);

  // The port that the system chose is the one that links in mails name.
  const input = '{ email: "nia@shop.example", name: "Nia", password: "violet kettle ponders" }';
  await askAt(url, null, `mutation { accountRegister(input: ${input}) { email } }`);
  const mails = `select body from app.mails where recipient = 'nia@shop.example'`;
  expect((await demo.admin.query(mails)).rows[0]?.body).toContain(`${url}/account/verify#`);

  const [first, second] = pids;
  process.kill(first, 'SIGKILL');
  await latestTwo(server, 3);
  process.kill(second, 'SIGTERM');
  const now = await latestTwo(server, 4);
  const answers = await askEach(server, url, now, { times: 2 });
  expect([...answers.keys()].toSorted()).toEqual(now.toSorted());

  // Both at once: nobody holds the port for a moment, and it is the same one all the same.
  for (const pid of now) process.kill(pid, 'SIGKILL');
  const latest = await latestTwo(server, 6);
  await askEach(server, url, latest);

  const { rows } = await demo.admin.query<{ stamp: string }>(
    `select obj_description('app'::regnamespace) as stamp`,
  );
  await demo.admin.query(`comment on schema app is 'another version'`);
  onTestFinished(async () => {
    await demo.admin.query(`comment on schema app is '${rows[0]?.stamp}'`);
  });
  for (const pid of latest) process.kill(pid, 'SIGKILL');
  expect(await server.ended).toEqual({ code: 1, signal: null });
  expect(server.output()).toContain('Server processes end as soon as they start, 3 in a row.');
  expect(server.output()).toContain('The database is not migrated to this version');
});

test('SIGTERM: what is under way in a process is answered and counted, and all end with code 0', async () => {
  const used = await usage();
  const server = startTwo();
  const url = await server.url;
  const workers = await latestTwo(server);
  const { id } = (await askAt(url, demo.apiKey, firstProduct)).body.data.products.nodes[0];
  await demo.admin.query('begin; lock table app.products in share mode');
  const underWay = askAt(url, demo.apiKey, rename, { id, name: 'Renamed by one of two' });
  await expect.poll(demo.waiting).toBe(1);
  server.child.kill('SIGTERM');
  await expect.poll(() => reaches(url)).toBe(false);
  await demo.admin.query('commit');
  expect((await underWay).body.data.productUpdate.product.name).toBe('Renamed by one of two');
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(workers.filter(isAlive)).toEqual([]);
  expect(await usage()).toBe(used + 2);
});

test('SIGKILL of the primary: nobody listens, what is under way is answered, and the others end', async () => {
  const server = startTwo();
  const url = await server.url;
  const workers = await latestTwo(server);
  const { id } = (await askAt(url, demo.apiKey, firstProduct)).body.data.products.nodes[0];
  await demo.admin.query('begin; lock table app.products in share mode');
  const underWay = askAt(url, demo.apiKey, rename, { id, name: 'Renamed by an orphan' });
  await expect.poll(demo.waiting).toBe(1);
  server.child.kill('SIGKILL');
  await expect.poll(() => reaches(url)).toBe(false);
  await demo.admin.query('commit');
  expect((await underWay).body.data.productUpdate.product.name).toBe('Renamed by an orphan');
  await expect.poll(() => workers.filter(isAlive)).toEqual([]);
});

test('processes that cannot start: a sentence once, and exit code 1', async () => {
  const refused = startTwo({ APP_DATABASE_URL: demo.adminUrl });
  refused.url.catch(() => undefined);
  expect(await refused.ended).toEqual({ code: 1, signal: null });
  const said = refused
    .output()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  expect(said.join('\n').match(/tenants would not be kept apart/g)).toHaveLength(1);
  expect(said.join('\n')).toContain('Serve as tenantry_server');
});

async function usage(): Promise<number> {
  const { rows } = await demo.observer.query<{ used: number }>(
    'select coalesce(sum(used), 0)::int as used from app.usage_counters',
  );
  return rows[0]?.used ?? 0;
}

async function reaches(url: string): Promise<boolean> {
  return fetch(`${url}/livez`, { headers: { Connection: 'close' } }).then(
    () => true,
    () => false,
  );
}
