import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, notWritable } from './errors.ts';
import { NATIVE_ENVIRONMENT, type Native, SYSTEM_DIRECTORY } from './native.ts';
import { canWrite, type OsUser } from './osUser.ts';
import { isAlive } from './processes.ts';

const run = promisify(execFile);

/** In the cluster's own directory, mode 0600, so that the two can't be separated. */
export const PASSWORD_FILE = 'tenantry.password';
const UNFINISHED = 'postgres.new-';

export interface ClusterOptions {
  readonly dataDir: string;
  readonly native: Native;
  readonly user: OsUser | undefined;
  /** Whether a new cluster is synced to the disk before it is used. */
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

/**
 * Makes a cluster under another name, password included, and gives it the name `path` in one step
 * when it is complete. So a killed initdb leaves nothing but rubbish to sweep, and of two at once
 * one wins and the other takes what that made. Deleting a directory that looks half done, as the
 * alternative, would one day delete a good one.
 */
export async function createCluster(path: string, options: ClusterOptions): Promise<void> {
  const { dataDir, log } = options;
  const begun = Date.now();
  const home = await reachableHome(options);
  const work = await makeWorkDirectory(home);
  const remote = join(home, 'postgres');
  try {
    await initialise(work, options);
    await rmdir(path).catch(() => undefined); // Somebody's empty directory.
    if (home === dataDir) {
      await rename(join(work, 'data'), path);
    } else {
      await rename(join(work, 'data'), remote);
      await symlink(remote, path);
      log(
        `the database is kept in ${remote}: the OS user that Postgres runs as can't reach ${path}`,
      );
    }
    await syncDirectory(dirname(path));
    log(`made a new database in ${Date.now() - begun} ms`);
  } catch (cause) {
    if (home !== dataDir) await rm(home, { recursive: true, force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw cause;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Removes what a killed `createCluster` left, and nothing that a living one may be at. */
export async function sweepUnfinished(dataDir: string): Promise<void> {
  const bornAt = Date.now() - process.uptime() * 1000;
  for (const name of await readdir(dataDir).catch(notWritable(dataDir))) {
    if (!name.startsWith(UNFINISHED)) continue;
    const path = join(dataDir, name);
    const pid = Number(name.slice(UNFINISHED.length).split('-')[0]);
    const madeAt = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    // The number may be somebody else's by now, in a container often our own.
    const outlived = pid === process.pid ? madeAt < bornAt : Date.now() - madeAt > 3_600_000;
    if (isAlive(pid) && !outlived) continue;
    // Its initdb may still be writing; then the next start finishes this.
    await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
  }
}

/** `dataDir`, unless Postgres' OS user can't get there (a checkout in /root, for example). */
async function reachableHome({ dataDir, user, log }: ClusterOptions): Promise<string> {
  if (!user || (await reaches(user, dataDir))) return dataDir;
  const hash = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 12);
  await sweepHomes(hash, log);
  // Not the hash alone: a checkout that was deleted and cloned again must not find the old data.
  const home = join(SYSTEM_DIRECTORY, `${hash}-${randomBytes(3).toString('hex')}`);
  await mkdir(home, { recursive: true });
  await chmod(SYSTEM_DIRECTORY, 0o755);
  await chmod(home, 0o755);
  return home;
}

/** Called when no link leads to any of them. */
async function sweepHomes(hash: string, log: (line: string) => void): Promise<void> {
  for (const name of await readdir(SYSTEM_DIRECTORY).catch(() => [])) {
    if (!name.startsWith(`${hash}-`)) continue;
    const home = join(SYSTEM_DIRECTORY, name);
    await sweepUnfinished(home);
    const kept = await stat(join(home, 'postgres')).catch(() => undefined);
    if (kept) log(`an older database of this directory lies unused in ${home}`);
    const madeAt = (await stat(home).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - madeAt > 60_000) await rmdir(home).catch(() => undefined); // When it is empty.
  }
}

async function reaches(user: OsUser, directory: string): Promise<boolean> {
  const probe = await makeWorkDirectory(directory);
  try {
    await chown(probe, user.uid, user.gid);
    return await canWrite(user, probe);
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

async function makeWorkDirectory(home: string): Promise<string> {
  const prefix = join(home, `${UNFINISHED}${process.pid}-`);
  const work = await mkdtemp(prefix).catch(notWritable(home));
  await chmod(work, 0o711);
  return work;
}

async function initialise(work: string, options: ClusterOptions): Promise<void> {
  const { native, user, durable } = options;
  const data = join(work, 'data');
  const password = join(work, PASSWORD_FILE);
  await mkdir(data, { mode: 0o700 });
  await writeFile(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  if (user) await Promise.all([data, password].map((path) => chown(path, user.uid, user.gid)));
  const flags = [
    `--pgdata=${data}`,
    '--username=postgres',
    `--pwfile=${password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built in: sorts and folds alike on every machine, whatever locales that has installed.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--set=timezone=UTC',
    '--set=log_timezone=UTC',
    ...(durable ? [] : ['--no-sync']),
  ];
  try {
    await run(native.initdb, flags, { ...user, cwd: '/', env: NATIVE_ENVIRONMENT });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new EmbeddedPostgresError(
      `initdb failed in ${work}; is there room on the disk (40 MB)? It says:\n` +
        (stderr?.trim() || String(cause)),
      { cause },
    );
  }
  await rename(password, join(data, PASSWORD_FILE));
}

/** Postgres syncs what is in its directory, but not the directory's new name. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().catch(() => undefined); // Not every file system can.
  await directory.close();
}
