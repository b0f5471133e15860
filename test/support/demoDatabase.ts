import pg from 'pg';
import { keepDemoKey } from '../../src/app/demo/demoKey.ts';
import { createSeededDatabase, type SeededDatabase } from './seededDatabase.ts';
import { makeDataDir } from './serverProcess.ts';

/** A clone with the demo's businesses in it, for servers that are processes of their own. */
export interface DemoDatabase extends Omit<SeededDatabase, 'drop'> {
  /** For the signing keys; the demo's API key is in it. */
  readonly dataDir: string;
  /** A superuser, to hold locks and to see what really happened. */
  readonly admin: pg.Client;
  /** Another, for pg_stat_activity: within a transaction that stays as it was seen first. */
  readonly observer: pg.Client;
  /** How many of the servers' statements wait for a lock. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export async function createDemoDatabase(): Promise<DemoDatabase> {
  const clone = await createSeededDatabase();
  const dataDir = await makeDataDir();
  await keepDemoKey(dataDir.path, clone.apiKey);
  const admin = new pg.Client({ connectionString: clone.adminUrl });
  const observer = new pg.Client({ connectionString: clone.adminUrl });
  await Promise.all([admin.connect(), observer.connect()]);
  return {
    adminUrl: clone.adminUrl,
    serverUrl: clone.serverUrl,
    dataDir: dataDir.path,
    apiKey: clone.apiKey,
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
      void clone.drop();
      await dataDir.remove();
    },
  };
}
