import { chmod, mkdtemp, stat, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Where tests may keep a database. As root Postgres runs as somebody else, who gets to nothing below
 * a TMPDIR of root's own (0700): the product then keeps the database in /var/lib, which is no place
 * for a test. Opening somebody's TMPDIR to others would be worse than to use /tmp instead.
 */
export async function temporaryBase(): Promise<string> {
  const wanted = tmpdir();
  if (process.getuid?.() !== 0 || (await isOpen(wanted)) || !(await isOpen('/tmp'))) return wanted;
  return '/tmp';
}

/** Where Linux keeps files in memory. */
export const inMemory = '/dev/shm';

/** Many times what a run's databases take at a time. */
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * The same for databases that are made and dropped all the time: in memory, where that has room. On a disk
 * a server with a clone of its own is 200 ms of processor time instead of 142, for the 540 files of each.
 */
export async function databasesBase(): Promise<string> {
  const found = await statfs(inMemory).catch(() => undefined);
  const room = Math.min(found ? found.bavail * found.bsize : 0, freemem());
  return room > ROOM_BYTES ? inMemory : temporaryBase();
}

/** A new directory whose name begins so; others may pass through it, and see nothing. */
export async function makeTemporary(prefix: string, base?: string): Promise<string> {
  const directory = await mkdtemp(path.join(base ?? (await temporaryBase()), prefix));
  await chmod(directory, 0o711);
  return directory;
}

async function isOpen(directory: string): Promise<boolean> {
  const mode = await stat(directory).then(
    (found) => found.mode,
    () => 0,
  );
  if ((mode & 0o001) === 0) return false;
  const parent = path.dirname(directory);
  return parent === directory || isOpen(parent);
}
