import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './errors.ts';

/** Not our PATH: without a login shell root often has no sbin in it. */
const env = { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin' };
const run = (program: string, args: string[], user?: OsUser) =>
  promisify(execFile)(program, args, { ...user, cwd: '/', env });

export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom Postgres must run as when we are root, which it refuses: the owner of the cluster that is
 * there already, else the OS user `postgres`, created when missing. Undefined: run as ourselves.
 */
export async function chooseOsUser(clusterDirectory: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterDirectory).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp()) ?? (await create());
}

/** Whether `user` gets through all of `path`'s ancestors and may write in it: tried, not computed. */
export async function canWrite(user: OsUser, path: string): Promise<boolean> {
  const script = 'test -x "$1" && test -w "$1"';
  return run('/bin/sh', ['-c', script, 'sh', path], user).then(
    () => true,
    () => false,
  );
}

async function lookUp(): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'postgres']),
      run('id', ['-g', 'postgres']),
    ]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<OsUser> {
  let cause: unknown;
  try {
    await run('groupadd', ['--system', '--force', 'postgres']);
    const noLogin = [
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
    ];
    await run('useradd', ['--system', '--gid', 'postgres', ...noLogin, 'postgres']);
  } catch (error) {
    cause = error; // Another process may have just created it.
  }
  const user = await lookUp();
  if (user) return user;
  throw new EmbeddedPostgresError(
    'Postgres refuses to run as root, and the OS user `postgres` could not be created ' +
      `(${cause}). Create it (\`useradd --system postgres\`), or start as an ordinary user, or ` +
      'set DATABASE_URL to a Postgres 15 or newer',
    { cause },
  );
}
