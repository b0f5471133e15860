import { execFile, spawn } from 'node:child_process';
import { chown, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.ts';
import { NATIVE_ENVIRONMENT, type Native } from './native.ts';
import type { OsUser } from './osUser.ts';
import { isAlive } from './processes.ts';

const run = promisify(execFile);

/** What postmaster.pid says (its lines: https://www.postgresql.org/docs/18/storage-file-layout.html). */
export interface Postmaster {
  readonly pid: number;
  /** NaN while it has not come so far. */
  readonly port: number;
  readonly ready: boolean;
}

export async function readPostmaster(cluster: Cluster): Promise<Postmaster | undefined> {
  const text = await readFile(pidFile(cluster), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!(pid > 0)) return undefined;
  return { pid, port: Number.parseInt(lines[3] ?? '', 10), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Whether `pid` is a server of this very directory. Its number may have been given to another
 * process since (after a restart of a container that is likely), and the directory may have been
 * moved or copied while it ran, so neither the number nor the path that it was started with
 * tells; a postmaster's working directory does. A zombie has none.
 */
export async function isPostmasterOf(cluster: Cluster, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const [its, ours] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(cluster.directory)]);
    return its.ino === ours.ino && its.dev === ours.dev;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && (await stat('/proc/self/cwd').catch(() => undefined))) return false;
  }
  // No /proc (macOS), or not ours to look at: any Postgres counts, which errs on the safe side.
  const asked = run('ps', ['-o', 'stat=,comm=', '-p', String(pid)]);
  const { stdout } = await asked.catch(() => ({ stdout: '' }));
  return /^[^Z]\S*\s.*postgres/.test(stdout.trim());
}

/**
 * For a server that does not run, and a caller who is the only starter.
 * Postgres won't start while the process that postmaster.pid names lives and has our uid, though
 * it may be anybody. Naming a process that can't exist, instead of deleting the file, keeps its
 * other check: the shared memory segment, which tells of surviving backends.
 */
export async function disownPidFile(
  cluster: Cluster,
  stale: number,
  user: OsUser | undefined,
): Promise<void> {
  const [first, ...rest] = (await readFile(pidFile(cluster), 'utf8').catch(() => '')).split('\n');
  if (Number(first) !== stale || !isAlive(stale)) return; // With a dead one it copes by itself.
  const replacement = `${pidFile(cluster)}.${process.pid}`;
  await writeFile(replacement, ['2147483647', ...rest].join('\n'), { mode: 0o600 });
  if (user) await chown(replacement, user.uid, user.gid);
  await rename(replacement, pidFile(cluster));
}

export interface StartOptions {
  readonly cluster: Cluster;
  readonly native: Native;
  readonly user: OsUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly port: number;
  readonly deadline: number;
}

/** Its pid when it is ready to be connected to, else what it wrote before it ended. */
export async function startPostmaster(options: StartOptions): Promise<number | string> {
  const { cluster, native, user, settings, port, deadline } = options;
  const log = await openLog(cluster, user);
  const flags = Object.entries({
    ...settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    // Its path must be short (107 bytes) and private; TCP on the loopback does all that we need.
    unix_socket_directories: '',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A session of its own: Ctrl-C in our terminal goes to our process group. A file instead of
  // pipes: it outlives us.
  const child = spawn(native.postgres, ['-D', cluster.directory, ...flags], {
    ...user,
    cwd: '/',
    detached: true,
    env: NATIVE_ENVIRONMENT,
    stdio: ['ignore', log.file.fd, log.file.fd],
  });
  child.unref();
  let ended: string | undefined;
  child.once('exit', (code, signal) => {
    ended = signal ? `ended by ${signal}` : `exit code ${code}`;
  });
  child.once('error', ({ message }) => {
    ended = message;
  });
  try {
    while (Date.now() < deadline) {
      const now = await readPostmaster(cluster);
      if (now?.ready && now.pid === child.pid) return now.pid;
      if (ended) return `${await log.readNew()}\n${ended}`;
      await delay(15);
    }
    return `${await log.readNew()}\nnot ready in time`;
  } finally {
    await log.file.close();
  }
}

/** The port of the last start when it is free, so that connection strings last; else any free one. */
export async function chooseFreePort(cluster: Cluster): Promise<number> {
  const options = await readFile(join(cluster.directory, 'postmaster.opts'), 'utf8').catch(
    () => '',
  );
  const last = Number(/"port=(\d+)"/.exec(options)?.[1] ?? 0);
  return listenOnce(last).catch(() => listenOnce(0));
}

/** Should somebody else take the port before Postgres does, Postgres says so. */
function listenOnce(port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export function logFile(cluster: Cluster): string {
  return join(cluster.directory, 'tenantry.log');
}

async function openLog(cluster: Cluster, user: OsUser | undefined) {
  const path = logFile(cluster);
  const old = await stat(path).catch(() => undefined);
  if (old && old.size > 10_000_000) await rename(path, `${path}.1`);
  const file = await open(path, 'a+', 0o600);
  if (user) await file.chown(user.uid, user.gid); // Its owner may be the next to start it.
  const { size } = await file.stat();
  const readNew = async () => {
    const end = (await file.stat()).size;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(end - size, 8000)), {
      position: Math.max(size, end - 8000),
    });
    return buffer.toString('utf8', 0, bytesRead).trim();
  };
  return { file, readNew };
}

function pidFile(cluster: Cluster): string {
  return join(cluster.directory, 'postmaster.pid');
}
