import { chmod, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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

/** A new directory whose name begins so; others may pass through it, and see nothing. */
export async function makeTemporary(prefix: string): Promise<string> {
  const directory = await mkdtemp(path.join(await temporaryBase(), prefix));
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
