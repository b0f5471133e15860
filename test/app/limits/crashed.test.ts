import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAt, tokenAt } from '../../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../../support/demoDatabase.ts';
import { type ServerProcess, spawnServer } from '../../support/serverProcess.ts';

let demo: DemoDatabase;
const servers: ServerProcess[] = [];
beforeAll(async () => {
  demo = await createDemoDatabase();
});
afterAll(async () => {
  for (const server of servers) await server.end('SIGKILL');
  await demo?.close();
});

function spawn(): ServerProcess {
  const server = spawnServer({ APP_DATABASE_URL: demo.serverUrl, DATA_DIR: demo.dataDir });
  servers.push(server);
  return server;
}

const counted = async (): Promise<number> => {
  const { rows } = await demo.admin.query<{ used: number }>(
    `select used::int from app.usage_counters u join app.tenants t on t.id = u.tenant_id
     where slug = 'harbor' and meter = 'API_REQUESTS_PER_DAY' and day = (now() at time zone 'utc')::date`,
  );
  return rows[0]?.used ?? 0;
};

test('SIGKILL loses at most what was answered since the last batch, a second; another process gets the rest', async () => {
  await demo.admin.query(
    `insert into app.usage_counters (tenant_id, meter, day, used)
     select id, 'API_REQUESTS_PER_DAY', (now() at time zone 'utc')::date, 900 from app.tenants where slug = 'harbor'
     on conflict (tenant_id, meter, day) do update set used = 900`,
  );
  const [first, second] = [spawn(), spawn()];
  const [url, beside] = [await first.url, await second.url];
  const owner = await tokenAt(url, 'owner@harbor.example');
  const ask = async (where: string) =>
    (await askAt(where, owner, '{ tenant { name } }')).status === 200 ? 1 : 0;
  let early = 0;
  for (let turn = 0; turn < 20; turn += 1) early += await ask(url);
  await expect.poll(counted).toBe(900 + early);
  let late = 0;
  for (let turn = 0; turn < 10; turn += 1) late += await ask(url);
  await first.end('SIGKILL');
  expect(await counted()).toBeGreaterThanOrEqual(900 + early);
  // Until its hold runs out nobody gets what it may have used; then what it did not count.
  let others = 0;
  await expect
    .poll(
      async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => ask(beside)));
        others += answers.filter((each) => each === 1).length;
        return counted();
      },
      { interval: 200 },
    )
    .toBe(1_000);
  expect(early + late + others).toBeGreaterThanOrEqual(100);
  expect(early + late + others).toBeLessThanOrEqual(100 + late);
});
