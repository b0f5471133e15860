import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../db/support/proxy.ts';
import { askAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../support/serverProcess.ts';

let demo: DemoDatabase;
let proxy: TcpProxy;
let server: ServerProcess;
let url: string;
beforeAll(async () => {
  demo = await createDemoDatabase();
  // Each COMMIT is on its way for a while: an answer that did not wait for it would be a lie.
  proxy = await startProxy(demo.serverUrl);
  proxy.judge = (piece) => {
    proxy.delayMs = piece.includes('commit\0') ? 15 : 0;
    return 'pass';
  };
  server = spawnServer({
    APP_DATABASE_URL: proxy.urlFor(demo.serverUrl),
    DATA_DIR: demo.dataDir,
    DATABASE_NAMED_STATEMENTS: 'false', // so that the proxy sees the text each time
  });
  url = await server.url;
});
afterAll(async () => {
  await server?.end('SIGKILL');
  await proxy?.close();
  await demo?.close();
});

const create =
  'mutation ($input: ProductCreateInput!) { productCreate(input: $input) { product { id name } userErrors { code } } }';
const update =
  'mutation ($input: ProductUpdateInput!) { productUpdate(input: $input) { product { id name } userErrors { code } } }';

const clients = 12;
const answersBeforeKill = 250;

test('SIGKILL in mid-mutation: what was answered is there, and no change without its audit event', async () => {
  /** The names under which a change was answered as done. */
  const done = new Set<string>();
  let unanswered = 0;

  async function change(mutation: string, input: { name: string }): Promise<string> {
    const { body } = await askAt(url, demo.apiKey, mutation, { input });
    const [payload] = Object.values<{ product: { id: string }; userErrors: unknown[] }>(body.data);
    expect(payload?.userErrors).toEqual([]);
    done.add(input.name);
    return payload?.product.id ?? '';
  }

  async function hammer(client: number): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      const name = `killed ${client} ${turn}`;
      const price = { amount: '1.00', currencyCode: 'EUR' };
      try {
        const id = await change(create, { name, price } as { name: string });
        await change(update, { id, name: `${name} renamed` } as { name: string });
      } catch {
        unanswered += 1;
        return;
      }
      if (done.size > answersBeforeKill) server.child.kill('SIGKILL');
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, client) => hammer(client)));
  expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(unanswered).toBe(clients);
  // Postgres notices the loss when it next reads from or writes to the connection.
  await expect.poll(leftBackends).toBe(0);

  const { rows: products } = await demo.admin.query<{ id: string; name: string }>(
    `select id, name from app.products where name like 'killed %'`,
  );
  const { rows: events } = await demo.admin.query<{ action: string; id: string; name: string }>(
    `select action, target_id as id, after ->> 'name' as name from app.audit_events
     where after ->> 'name' like 'killed %'`,
  );
  const audited = new Set(events.map(({ name }) => name));
  expect([...done].filter((name) => !audited.has(name))).toEqual([]);
  // A product has the name of its last event, and each product and event has the other.
  const current = new Map<string, string>();
  for (const { id, name } of events) {
    if (name.length > (current.get(id) ?? '').length) current.set(id, name);
  }
  expect(new Map(products.map(({ id, name }) => [id, name]))).toEqual(current);
  expect(events.filter(({ action }) => action === 'product.created').length).toBe(products.length);
  const names = products.map(({ name }) => name);
  const created = [...done].filter((name) => !name.endsWith('renamed'));
  expect(created.filter((name) => !names.some((now) => now.startsWith(name)))).toEqual([]);
});

async function leftBackends(): Promise<number> {
  const { rows } = await demo.observer.query<{ count: number }>(
    `select count(*)::int from pg_stat_activity where datname = current_database() and usename = 'tenantry_server'`,
  );
  return rows[0]?.count ?? -1;
}
