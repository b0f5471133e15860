import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Cluster } from './cluster.ts';
import type { OsUser } from './osUser.ts';

/**
 * Runs `start` unless another process is just starting this cluster; then undefined, at once.
 *
 * Postgres alone is not enough: two of them that find the same stale postmaster.pid can delete it
 * one after the other, the second time the first one's new file (a known race of CreateLockFile).
 * Its shared memory check saves the data, but the survivor has no file, can't be joined, and
 * notices after a minute: five processes that started, stopped and were killed at random got
 * there within a minute.
 *
 * SQLite is here for its portable file lock, which the kernel gives back when the process dies
 * and the server doesn't inherit. Node has no flock(2), and a lock file that a killed process left
 * is the very problem. Half a millisecond; nothing is ever written.
 */
export async function whileOnlyStarter<T>(
  cluster: Cluster,
  user: OsUser | undefined,
  start: () => Promise<T>,
): Promise<T | undefined> {
  const path = join(cluster.directory, 'tenantry.lock');
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    if (!tryLock(lock)) return undefined;
    if (user) await chown(path, user.uid, user.gid); // Its owner may be the next to start it.
    return await start();
  } finally {
    lock.close();
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('pragma journal_mode = off; begin exclusive');
    return true;
  } catch (error) {
    const SQLITE_BUSY = 5;
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
