import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { createLogger } from '../../src/app/logger.ts';
import { seedDemo } from '../../src/app/seed.ts';
import { openWorkplace } from '../../src/app/workplace.ts';
import { loadConfig } from '../../src/config.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';
import { makeDataDir } from './serverProcess.ts';

/** A clone with the demo's businesses in it, for servers that are processes of their own. */
export interface DemoDatabase extends Pick<TestDatabase, 'adminUrl' | 'serverUrl'> {
  /** With the signing keys and the demo's API key. */
  readonly dataDir: string;
  /** The integrator's key of the demo's first business. */
  readonly apiKey: string;
  /** A superuser, to hold locks and to see what really happened. */
  readonly admin: pg.Client;
  /** Another, for pg_stat_activity: within a transaction that stays as it was seen first. */
  readonly observer: pg.Client;
  /** How many of the servers' statements wait for a lock. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export async function createDemoDatabase(): Promise<DemoDatabase> {
  const clone = await createTestDatabase();
  const dataDir = await makeDataDir();
  const config = loadConfig({
    NODE_ENV: 'test',
    DATA_DIR: dataDir.path,
    DATABASE_URL: clone.adminUrl,
    LOG_LEVEL: 'silent',
  });
  const workplace = await openWorkplace(config, createLogger(config.logLevel));
  await seedDemo(workplace, dataDir.path);
  await workplace.close();
  const admin = new pg.Client({ connectionString: clone.adminUrl });
  const observer = new pg.Client({ connectionString: clone.adminUrl });
  await Promise.all([admin.connect(), observer.connect()]);
  return {
    adminUrl: clone.adminUrl,
    serverUrl: clone.serverUrl,
    dataDir: dataDir.path,
    apiKey: (await readFile(path.join(dataDir.path, 'demo-api-key'), 'utf8')).trim(),
    admin,
    observer,
    async waiting() {
      const { rows } = await observer.query<{ count: number }>(
        `select count(*)::int from pg_stat_activity where datname = current_database()
         and usename = 'tenantry_server' and wait_event_type = 'Lock'`,
      );
      return rows[0]?.count ?? 0;
    },
    async close() {
      await Promise.all([admin.end(), observer.end()]);
      await clone.drop();
      await dataDir.remove();
    },
  };
}
