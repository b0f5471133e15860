import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * `mkdir -p`. Rejects with what the system says (`code` EACCES, ENOENT, …) where there can be none.
 * Not Node's `recursive`: that goes round for ever where mkdir answers ENOENT though the parent is
 * there, as in /proc (Node 24.21).
 */
export async function makeDirectory(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  try {
    await makeOne(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === directory) throw error;
    await makeDirectory(parent);
    await makeOne(directory);
  }
}

async function makeOne(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    // A read-only file system says EROFS, and EEXIST for what is there.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
