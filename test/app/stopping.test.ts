import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { askAt } from '../support/ask.ts';
import { createDemoDatabase, type DemoDatabase } from '../support/demoDatabase.ts';
import { makeDataDir, spawnServer } from '../support/serverProcess.ts';
import { urlOfDatabase } from '../support/testDatabases.ts';

let demo: DemoDatabase;
beforeAll(async () => {
  demo = await createDemoDatabase();
});
afterAll(() => demo?.close());

const firstProduct = '{ products(first: 1) { nodes { id } } }';
const rename =
  'mutation ($id: ID!) { productUpdate(input: { id: $id, name: "Renamed while stopping" }) { product { name } } }';

test('SIGTERM: nobody new is let in, what is under way is answered, and the exit code is 0', async () => {
  const server = spawnServer({ APP_DATABASE_URL: demo.serverUrl, DATA_DIR: demo.dataDir });
  onTestFinished(() => void server.end('SIGKILL'));
  const url = await server.url;
  const { id } = (await askAt(url, demo.apiKey, firstProduct)).body.data.products.nodes[0];
  await demo.admin.query('begin; lock table app.products in share mode');
  const underWay = askAt(url, demo.apiKey, rename, { id });
  await expect.poll(demo.waiting).toBe(1);

  server.child.kill('SIGTERM');
  await expect.poll(() => reaches(`${url}/livez`)).toBe(false);
  expect(await Promise.race([underWay, 'still under way'])).toBe('still under way');
  await demo.admin.query('commit');
  const { status, body } = await underWay;
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { data: { productUpdate: { product: { name: 'Renamed while stopping' } } } },
  });
  const answered = performance.now();
  expect(await server.ended).toEqual({ code: 0, signal: null });
  // Not after the five seconds for which a connection is kept open for another request.
  expect(performance.now() - answered).toBeLessThan(2_500);
  const { rows } = await demo.admin.query(
    `select name from app.products where name = 'Renamed while stopping'`,
  );
  expect(rows.length).toBe(1);
});

test('SIGTERM: what is written after the answers is written', async () => {
  const server = spawnServer({ APP_DATABASE_URL: demo.serverUrl, DATA_DIR: demo.dataDir });
  onTestFinished(() => void server.end('SIGKILL'));
  const url = await server.url;
  await demo.admin.query('update app.api_keys set last_used_at = null');
  expect((await askAt(url, demo.apiKey, firstProduct)).status).toBe(200);
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const used = await demo.admin.query('select 1 from app.api_keys where last_used_at is not null');
  expect(used.rowCount).toBe(1);
});

async function reaches(address: string): Promise<boolean> {
  return fetch(address, { headers: { Connection: 'close' } }).then(
    () => true,
    () => false,
  );
}

test('two instances migrate an empty database at once: one does, the other waits, both serve', async () => {
  const cluster = new pg.Client({ connectionString: inject('postgres').adminUrl });
  await cluster.connect();
  const name = `tenantry_test_${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString('hex')}`;
  await cluster.query(`create database ${name} template template0`);
  const dataDirs = await Promise.all([makeDataDir(), makeDataDir()]);
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await cluster.query(`drop database if exists ${name} with (force)`);
    await cluster.end();
    for (const dataDir of dataDirs) await dataDir.remove();
  });
  const url = urlOfDatabase(inject('postgres').adminUrl, name);
  const servers = dataDirs.map((dataDir) =>
    spawnServer({ DATABASE_URL: url, DATA_DIR: dataDir.path }),
  );
  for (const address of await Promise.all(servers.map((server) => server.url))) {
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
  }
  const applied = servers.map((server) => server.output().match(/"applied \w+"/g)?.length ?? 0);
  expect(applied.toSorted()).toEqual([0, expect.any(Number)]);
  expect(Math.max(...applied)).toBeGreaterThan(0);
  const ends = await Promise.all(servers.map((server) => server.end('SIGTERM')));
  for (const end of ends) expect(end).toEqual({ code: 0, signal: null });
});

test('SIGTERM to `npm start` stops the server too, though npm hands it to its shell alone', async () => {
  const script = `"${process.execPath}" src/main.ts & wait`;
  const shell = spawn('/bin/sh', ['-c', script], {
    env: {
      NODE_ENV: 'test',
      PORT: '0',
      npm_lifecycle_event: 'start',
      APP_DATABASE_URL: demo.serverUrl,
      DATA_DIR: demo.dataDir,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => killGroup(shell.pid));
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = once(shell.stdout, 'close'); // the server has the other end of it
  await expect.poll(() => output).toContain('Tenantry is at');
  shell.kill('SIGTERM');
  await ended;
});

/** A shell and whatever it left behind. */
function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
