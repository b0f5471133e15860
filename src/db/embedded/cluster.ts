import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../setup/makeDirectory.ts';
import {
  type ClusterOptions,
  createCluster,
  PASSWORD_FILE,
  sweepUnfinished,
} from './createCluster.ts';
import { EmbeddedPostgresError, notWritable } from './errors.ts';

export interface Cluster {
  /** Absolute, symbolic links resolved. */
  readonly directory: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
}

/** The cluster in `<dataDir>/postgres`, made when there is none. Whatever is there is never deleted. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir } = options;
  const path = join(dataDir, 'postgres');
  await makeDirectory(dataDir).catch(notWritable(dataDir));
  await sweepUnfinished(dataDir);
  if (!(await isFilled(path))) await createCluster(path, options);

  const directory = await realpath(path);
  await checkUsable(directory, options);
  const password = await readFile(join(directory, PASSWORD_FILE), 'utf8').catch((cause) => {
    throw new EmbeddedPostgresError(
      `can't read the password of ${directory} (${PASSWORD_FILE}): put the file back, or move ` +
        'the directory away to start with an empty database',
      { cause },
    );
  });
  return { directory, password: password.trim() };
}

async function isFilled(path: string): Promise<boolean> {
  if (!(await lstat(path).catch(() => undefined))) return false;
  const files = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    throw new EmbeddedPostgresError(
      cause.code === 'ENOENT'
        ? `${path} links to a directory that is gone: put it back, or remove the link to start ` +
            'with an empty database'
        : `can't read ${path} (${cause.code}): start as the user whom it belongs to, or as root`,
      { cause },
    );
  });
  return files.length > 0;
}

async function checkUsable(directory: string, { native, user }: ClusterOptions): Promise<void> {
  const { uid } = await stat(directory);
  const wanted = user?.uid ?? process.getuid?.();
  if (wanted !== undefined && uid !== wanted) {
    throw new EmbeddedPostgresError(
      `${directory} belongs to another user (uid ${uid}) than the one Postgres would run as ` +
        `(uid ${wanted}): start as its owner, or run \`sudo chown -R ${wanted} '${directory}'\``,
    );
  }
  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  const control = await stat(join(directory, 'global', 'pg_control')).catch(() => undefined);
  if (version === undefined || !control) {
    throw new EmbeddedPostgresError(
      `${directory} is not empty and is not a complete Postgres data directory: move it away to ` +
        'start with an empty database',
    );
  }
  if (version.trim() !== native.major) {
    throw new EmbeddedPostgresError(
      `${directory} was made by Postgres ${version.trim()} and this is ${native.major}: dump it ` +
        'with the version of this project that made it and load it here, or move the directory ' +
        'away to start with an empty database',
    );
  }
}
