import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '../../../src/db/embedded/embedded.ts';
import { migrate } from '../../../src/db/setup/migrate.ts';
import {
  ask,
  type BenchDatabase,
  openBenchDatabase,
  readPostmasterPid,
  urlsOf,
} from '../database/benchDatabase.ts';
import { seedGrowth } from './seedGrowth.ts';
import type { GrowthSize } from './sizes.ts';

/** A filled database of one size. */
export interface GrowthDatabase {
  readonly size: GrowthSize;
  readonly serverUrl: string;
}

export interface GrowthCluster {
  readonly databases: readonly GrowthDatabase[];
  readonly postmasterPid: number | undefined;
  /** Stops it; what is not to be kept is removed. */
  close(): Promise<void>;
}

/**
 * One Postgres with a filled database a size. In a temporary directory, or kept in `keptIn` and found
 * there filled by the next run, so that a change can be measured without filling them anew.
 */
export async function openGrowthCluster(
  sizes: readonly GrowthSize[],
  keptIn: string | undefined,
): Promise<GrowthCluster> {
  const home = keptIn === undefined ? await openBenchDatabase(undefined) : await openKept(keptIn);
  try {
    // Or filling waits for checkpoints; it has no effect on what is measured after the last of them.
    await ask(home.adminUrl, `alter system set max_wal_size = '8GB'`);
    await ask(home.adminUrl, 'select pg_reload_conf()');
    const noteFile = keptIn === undefined ? undefined : join(keptIn, 'growth.json');
    const filled: Record<string, string> =
      noteFile !== undefined && existsSync(noteFile)
        ? JSON.parse(await readFile(noteFile, 'utf8'))
        : {};
    const databases: GrowthDatabase[] = [];
    for (const size of sizes) {
      const key = JSON.stringify(size);
      const found = filled[key];
      filled[key] ??= await fill(home.adminUrl, size);
      if (noteFile !== undefined) await writeFile(noteFile, JSON.stringify(filled, null, 2));
      const url = new URL(home.adminUrl);
      url.pathname = `/${filled[key]}`;
      if (found !== undefined) await migrate({ url: url.href });
      databases.push({ size, serverUrl: urlsOf(url.href).serverUrl });
    }
    return { databases, postmasterPid: home.postmasterPid, close: home.remove };
  } catch (error) {
    await home.remove();
    throw error;
  }
}

async function openKept(
  directory: string,
): Promise<Pick<BenchDatabase, 'adminUrl' | 'postmasterPid' | 'remove'>> {
  const dataDir = resolve(directory);
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, 0o711); // When we are root, Postgres runs as somebody else.
  const embedded = await startEmbeddedPostgres({ dataDir, settings: { max_connections: '200' } });
  const postmasterPid = await readPostmasterPid(embedded.url);
  return { adminUrl: embedded.url, postmasterPid, remove: embedded.stop };
}

/** Answers the new database's name. */
async function fill(homeUrl: string, size: GrowthSize): Promise<string> {
  const started = performance.now();
  const database = await openBenchDatabase(homeUrl);
  try {
    await seedGrowth(database, size);
  } catch (error) {
    await database.remove();
    throw error;
  }
  const { bytes, messages } = await ask<{ bytes: string; messages: string }>(
    database.adminUrl,
    `select pg_size_pretty(pg_database_size(current_database())) as bytes,
       (select count(*) from app.messages) as messages`,
  );
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(
    `${size.name}: ${size.tenants} tenants, ${messages} messages, ${bytes}, filled in ${seconds} s`,
  );
  return new URL(database.adminUrl).pathname.slice(1);
}
