import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../../db/support/proxy.ts';
import { askWith } from '../../support/askWith.ts';
import { createDemoDatabase, type DemoDatabase } from '../../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../../support/serverProcess.ts';

let demo: DemoDatabase;
let proxy: TcpProxy;
let server: ServerProcess;
let url: string;
let conversation: string;
/** Messages counted before any of these. */
let used: number;

beforeAll(async () => {
  demo = await createDemoDatabase();
  proxy = await startProxy(demo.serverUrl);
  await serve();
  const query = '{ conversations(first: 1) { nodes { id } } }';
  conversation = (await askWith(url, demo.apiKey, {}, query)).body.data.conversations.nodes[0].id;
  used = await usedMessages();
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await proxy?.close();
  await demo?.close();
});

async function serve(): Promise<void> {
  server = spawnServer({
    APP_DATABASE_URL: proxy.urlFor(demo.serverUrl),
    DATA_DIR: demo.dataDir,
    DATABASE_NAMED_STATEMENTS: 'false', // so that the proxy sees the text each time
  });
  url = await server.url;
}

const change = `mutation ($name: String!, $conversation: ID!) {
  productCreate(input: { name: $name, price: { amount: "1", currencyCode: "EUR" } }) { product { id } userErrors { code } }
  messageSend(input: { conversationId: $conversation, body: $name }) { message { id } userErrors { code } }
}`;

interface Call {
  readonly key: string;
  readonly name: string;
}
const newCall = (): Call => {
  const key = randomUUID();
  return { key, name: `lost ${key}` };
};
const send = ({ key, name }: Call) =>
  askWith(url, demo.apiKey, { 'Idempotency-Key': key }, change, { name, conversation });

async function usedMessages(): Promise<number> {
  const query = '{ usage(meters: [MESSAGES_PER_DAY]) { used } }';
  return (await askWith(url, demo.apiKey, {}, query)).body.data.usage[0].used;
}

async function storedMessages(): Promise<number> {
  const { rows } = await demo.admin.query(
    `select count(*)::int as count from app.messages where body like 'lost %'`,
  );
  return rows[0].count;
}

/** Of each table, how many rows a call has in it. */
async function tracesOf({ key, name }: Call) {
  const { rows } = await demo.admin.query(
    `select (select count(*)::int from app.products where name = $1) as products,
            (select count(*)::int from app.audit_events where after ->> 'name' = $1) as events,
            (select count(*)::int from app.messages where body = $1) as messages,
            (select count(*)::int from app.idempotency_keys where key = $2) as keys`,
    [name, key],
  );
  return rows[0];
}

const once = { products: 1, events: 1, messages: 1, keys: 1 };
const never = { products: 0, events: 0, messages: 0, keys: 0 };

/** Cuts the connection of the first COMMIT that comes by, before or after Postgres has read it. */
function cutAtCommit(verdict: 'reset' | 'passThenReset'): void {
  proxy.judge = (piece, direction) => {
    if (direction !== 'toServer' || !piece.includes('commit\0')) return 'pass';
    // What the server counts of requests commits too.
    if (!piece.includes('idempotency_keys')) return 'pass';
    proxy.judge = undefined;
    return verdict;
  };
}

test.each([
  ['passThenReset', once],
  ['reset', never],
] as const)(
  'a COMMIT whose answer was lost (%s), sent again with its key, does not double',
  async (verdict, left) => {
    const call = newCall();
    cutAtCommit(verdict);
    const lost = await send(call);
    expect(lost.body.errors[0].extensions.code).toBe('COMMIT_IN_DOUBT');
    await expect.poll(() => tracesOf(call)).toEqual(left);
    const again = await send(call);
    expect(again.body.data.productCreate.userErrors).toEqual([]);
    expect(again.headers.get('Idempotency-Replayed')).toBe(left === once ? 'true' : null);
    expect(await tracesOf(call)).toEqual(once);
    const { rows } = await demo.admin.query(
      'select answer from app.idempotency_keys where key = $1',
      [call.key],
    );
    expect(JSON.parse(rows[0].answer)).toEqual(again.body.data);
  },
);

test('SIGKILL in mid-mutation: changes, usage, audit event and key are all there or none is; sent again, each is there once', async () => {
  const answered: Call[] = [];
  const unanswered: Call[] = [];
  async function hammer(): Promise<void> {
    for (;;) {
      const call = newCall();
      try {
        await send(call);
      } catch {
        unanswered.push(call);
        return;
      }
      answered.push(call);
      if (answered.length > 100) server.child.kill('SIGKILL');
    }
  }
  // Each COMMIT is on its way for a while, so that some are when the server dies.
  proxy.judge = (piece) => {
    proxy.delayMs = piece.includes('commit\0') ? 10 : 0;
    return 'pass';
  };
  await Promise.all(Array.from({ length: 12 }, hammer));
  await server.ended;
  proxy.judge = undefined;
  proxy.delayMs = 0;
  await expect.poll(demo.waiting).toBe(0);
  await serve();
  for (const call of unanswered) {
    const traces = await tracesOf(call);
    expect(traces).toEqual(traces.keys === 1 ? once : never);
  }
  const repeated = await Promise.all(unanswered.flatMap((call) => [send(call), send(call)]));
  expect(repeated.filter(({ status }) => status !== 200)).toEqual([]);
  for (const call of [...answered, ...unanswered]) expect(await tracesOf(call)).toEqual(once);
  expect((await usedMessages()) - used).toBe(await storedMessages());
});
