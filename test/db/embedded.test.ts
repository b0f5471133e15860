import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { join as joinServer } from '../../src/db/embedded/presence.ts';
import {
  forkProcess,
  kill,
  killAtTheEnd,
  postmasterPid,
  query,
  start,
  startProcess,
  stopEverything,
  tell,
} from '../support/embedded.ts';
import { copyCluster } from '../support/freshCluster.ts';
import { makeTemporary } from '../support/temporary.ts';

const isRoot = process.getuid?.() === 0;

let root: string;
/** All tests but those about making one share it, and leave it stopped. */
let dataDir: string;

beforeAll(async () => {
  root = await makeTemporary('embedded test ');
  dataDir = join(root, 'the data');
  await mkdir(dataDir);
  await copyCluster(dataDir);
  const embedded = await start(dataDir);
  await query(embedded.url, 'create table kept (n int)');
  await embedded.stop();
});

afterEach(async () => {
  await stopEverything();
  await (await start(dataDir)).stop();
  expect(await postmasterPid(dataDir)).toBeUndefined();
});

afterAll(() => rm(root, { recursive: true, force: true }));

test('only the loopback, only with the password, UTF-8 and UTC', async () => {
  const embedded = await start(dataDir);
  const [settings] = await query(
    embedded.url,
    `select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
       current_setting('server_encoding') as encoding, current_setting('timezone') as timezone,
       datname as name, datlocale as locale from pg_database where datname = current_database()`,
  );
  expect(settings).toEqual({
    listen: '127.0.0.1',
    sockets: '',
    encoding: 'UTF8',
    timezone: 'UTC',
    name: 'tenantry',
    locale: 'C.UTF-8',
  });
  const guess = new URL(embedded.url);
  guess.password = 'postgres';
  await expect(query(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  const { mode } = await stat(join(dataDir, 'postgres', 'tenantry.password'));
  expect(mode & 0o777).toBe(0o600);
  await embedded.stop();
});

test('the process that started it is killed: the next one joins it, the data is there', async () => {
  const first = await startProcess(dataDir);
  const pid = await postmasterPid(dataDir);
  await query(first.url, 'insert into kept values (1)');
  await kill(first.child);

  const next = await start(dataDir);
  expect(await postmasterPid(dataDir)).toBe(pid);
  expect(await query(next.url, 'select 1 from kept where n = 1')).toHaveLength(1);
  await next.stop();
});

test('it is killed with the process that started it: the next start recovers what was committed', async () => {
  const first = await startProcess(dataDir);
  await query(first.url, 'insert into kept values (2)');
  first.child.kill('SIGSTOP'); // Or it would start it again.
  process.kill((await postmasterPid(dataDir)) ?? 0, 'SIGKILL');
  await kill(first.child);

  const begun = performance.now();
  const next = await start(dataDir);
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(await query(next.url, 'select 1 from kept where n = 2')).toHaveLength(1);
  await next.stop();
});

test('it was killed, and many start it at the same time: one does, none undoes it', async () => {
  const killed = await startProcess(dataDir);
  killed.child.kill('SIGSTOP');
  process.kill((await postmasterPid(dataDir)) ?? 0, 'SIGKILL');
  await kill(killed.child);

  const all = await Promise.all(Array.from({ length: 8 }, () => start(dataDir)));
  const log = await readFile(join(dataDir, 'postgres', 'tenantry.log'), 'utf8');
  expect(log).not.toMatch(/lock file .* already exists/);
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  expect(await postmasterPid(dataDir)).toBeGreaterThan(0);
  for (const embedded of all) await embedded.stop();
});

test('it is killed under a living process: it comes back on the same port', async () => {
  const embedded = await start(dataDir);
  const pid = await postmasterPid(dataDir);
  process.kill(pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => query(embedded.url, 'select 1'), { timeout: 30_000, interval: 50 });
  expect(await postmasterPid(dataDir)).not.toBe(pid);
  await embedded.stop();
});

test('Ctrl-C reaches the process in the terminal, not the database that others use', async () => {
  const first = await startProcess(dataDir, { detached: true });
  const pid = await postmasterPid(dataDir);
  const other = await start(dataDir);
  const gone = once(first.child, 'exit');
  process.kill(-(first.child.pid ?? 0), 'SIGINT');
  await gone;
  expect(await query(other.url, 'select 1')).toHaveLength(1);
  expect(await postmasterPid(dataDir)).toBe(pid);
  await other.stop();
});

test('whoever started it may go; the last one stops it', async () => {
  const first = await startProcess(dataDir);
  const second = await startProcess(dataDir);
  expect(second.url).toBe(first.url);

  expect(await tell(first.child, 'stop')).toEqual([0, null]);
  expect(await query(second.url, 'select 1')).toHaveLength(1);
  expect(await tell(second.child, 'stop')).toEqual([0, null]);
  await expect(query(second.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await postmasterPid(dataDir)).toBeUndefined();
});

test('it goes on while anybody else is connected, a psql for example', async () => {
  const embedded = await start(dataDir);
  const client = new pg.Client({ connectionString: embedded.url });
  await client.connect();
  await embedded.stop();
  expect((await client.query('select 1')).rows).toHaveLength(1);
  await client.end();
});

test('a process that comes to its end without stopping it leaves nothing running', async () => {
  const { child, url } = await startProcess(dataDir);
  expect(await tell(child, 'end')).toEqual([0, null]);
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('processes that stop and start at the same time never lose it from under each other', async () => {
  const rounds = Array.from({ length: 6 }, async (_, i) => {
    for (let round = 0; round < 5; round += 1) {
      const embedded = await start(dataDir);
      await query(embedded.url, `select pg_sleep(0.01 * ${(i * round) % 7})`);
      await embedded.stop();
    }
  });
  await Promise.all(rounds);
  expect(await postmasterPid(dataDir)).toBeUndefined();
});

test('while it is being stopped nobody gets in, only to lose it a moment later', async () => {
  const embedded = await start(dataDir);
  const { password, port } = new URL(embedded.url);
  const directory = join(dataDir, 'postgres');
  const enter = () => joinServer({ directory, password }, Number(port));
  const other = await enter();
  await embedded.stop();
  const entered: unknown[] = [];
  const stopping = async () => {
    entered.push(await enter());
  };
  expect(await other?.leave(stopping)).toBe(true);
  expect(entered).toEqual([undefined]);
});

test('a left-over pid file names a process that is somebody else by now', async () => {
  const { uid, gid } = await stat(join(dataDir, 'postgres'));
  const stranger = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
  killAtTheEnd(stranger);
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const lines = [stranger.pid, join(dataDir, 'postgres'), '1700000000', '5432', '', '127.0.0.1'];
  await writeFile(file, [...lines, '  1234567  1', 'ready   ', ''].join('\n'));

  const embedded = await start(dataDir);
  expect(await query(embedded.url, 'select 1')).toHaveLength(1);
  expect(stranger.signalCode).toBeNull();
  await embedded.stop();
});

test('several start at once in an empty directory: one database, one server', async () => {
  const fresh = join(root, 'at once');
  const all = await Promise.all([1, 2, 3].map(() => startProcess(fresh)));
  expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  await Promise.all(all.map(({ child }) => tell(child, 'stop')));
  expect(await postmasterPid(fresh)).toBeUndefined();
  expect(await readdir(fresh)).toEqual(['postgres']);
});

test('killed while making the database: the next start makes it anew and clears the rest away', async () => {
  const fresh = join(root, 'half done');
  const child = forkProcess(fresh);
  const unfinished = await vi.waitFor(
    async () => {
      const name = (await readdir(fresh)).find((entry) => entry.startsWith('postgres.new-')) ?? '';
      await stat(join(fresh, name, 'data', 'global'));
      return name;
    },
    { timeout: 30_000, interval: 5 },
  );
  await kill(child);
  expect(await readdir(fresh)).toEqual([unfinished]);

  const embedded = await start(fresh);
  expect(await query(embedded.url, 'select 1')).toHaveLength(1);
  await embedded.stop();
  // The orphaned initdb may have written into it until a moment ago; then the second start clears.
  await (await start(fresh)).stop();
  expect(await readdir(fresh)).toEqual(['postgres']);
});

test('a directory of another major version, or of something else, is refused and left alone', async () => {
  const other = join(root, 'other version');
  // Keeps the owner, as fs.cp doesn't.
  await mkdir(other);
  await promisify(execFile)('cp', ['-a', join(dataDir, 'postgres'), other]);
  await writeFile(join(other, 'postgres', 'PG_VERSION'), '16\n');
  await expect(start(other)).rejects.toThrow(
    /made by Postgres 16 and this is 18: .*move the directory away/,
  );
  await rm(join(other, 'postgres', 'PG_VERSION'));
  await expect(start(other)).rejects.toThrow(/not a complete Postgres/);
  expect(await readdir(join(other, 'postgres'))).toContain('base');
});

test('a database whose password file was changed is refused, and not left running', async () => {
  const file = join(dataDir, 'postgres', 'tenantry.password');
  const password = await readFile(file);
  await writeFile(file, 'another\n');
  const failure = await start(dataDir).catch(String);
  await writeFile(file, password);
  expect(failure).toMatch(/put back the one/);
  expect(await postmasterPid(dataDir)).toBeUndefined();
});

test.runIf(isRoot)(
  'root, where the OS user of Postgres gets no access: kept elsewhere, linked',
  async () => {
    const closed = join(root, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const lines: string[] = [];
    const onLog = (line: string) => void lines.push(line);
    const embedded = await start(join(closed, 'data'), onLog);
    const home = dirname(await realpath(join(closed, 'data', 'postgres')));
    onTestFinished(() => rm(home, { recursive: true }));
    expect(home).toMatch(/^\/var\/lib\/tenantry\//);
    expect(lines.join('\n')).toContain(home);
    await embedded.stop();

    const again = await start(join(closed, 'data'));
    expect(await query(again.url, 'select 1')).toHaveLength(1);
    await again.stop();
  },
);
