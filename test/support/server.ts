import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { keepDemoKey } from '../../src/app/demo/demoKey.ts';
import { createLogger } from '../../src/app/logger.ts';
import { buildSchema } from '../../src/app/schema.ts';
import { startServer } from '../../src/app/server.ts';
import { openWorkplace } from '../../src/app/workplace.ts';
import { loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/database.ts';
import { type Answer, askAt, tokenAt } from './ask.ts';
import { createSeededDatabase } from './seededDatabase.ts';

export interface TestServer {
  readonly url: string;
  readonly database: Database;
  /** For the command line, so that it works on the same database and data directory. */
  readonly environment: Readonly<Record<string, string>>;
  /** The integrator's key of the demo's first business. */
  readonly apiKey: string;
  /** Signs in as a demo identity, such as 'owner@lumen.example'. */
  tokenOf(email: string, tenantSlug?: string): Promise<string>;
  ask(credential: string | null, query: string, variables?: object): Promise<Answer>;
  /** One statement past the policies, for what no interface does yet and to look at what is stored. */
  asAdmin(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** The same, in a transaction that keeps its locks until the work is done. */
  holding<T>(text: string, values: readonly unknown[], work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Its template was, with the same roles and passwords; to look would be three connections. A start that
 * migrates is tested with servers that are processes.
 */
const migrated = { migrates: false };

/** One for all servers of a worker: to build it is 70 ms of processor time, two fifths of a start. */
const schema = buildSchema();

/**
 * The real server on a free port, over a clone of its own with the demo's businesses.
 * `settings` are variables of the environment, such as `{ GRAPHIQL: 'off' }`.
 */
export async function startTestServer(settings: Record<string, string> = {}): Promise<TestServer> {
  const clone = await createSeededDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tenantry-server-'));
  await keepDemoKey(dataDir, clone.apiKey);
  const environment = {
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: clone.adminUrl,
    LOG_LEVEL: 'silent',
    ...settings,
  };
  const config = loadConfig(environment);
  const logger = createLogger(config.logLevel);
  const workplace = await openWorkplace(config, logger, migrated);
  const server = await startServer(config, workplace, logger, schema);

  // To connect takes a few times as long as what is asked, and tests ask a thousand times.
  const admins = new Pool({ connectionString: clone.adminUrl, allowExitOnIdle: true });
  admins.on('error', () => undefined); // a backend that was ended: there are others

  return {
    url: server.url,
    database: workplace.database,
    environment,
    apiKey: clone.apiKey,
    ask: (credential, query, variables) => askAt(server.url, credential, query, variables),
    tokenOf: (email, tenantSlug) => tokenAt(server.url, email, tenantSlug),
    asAdmin: async (text, values = []) => (await admins.query(text, [...values])).rows,
    async holding(text, values, work) {
      const admin = await admins.connect();
      try {
        await admin.query('begin');
        await admin.query(text, [...values]);
        return await work();
      } finally {
        await admin.query('rollback').finally(() => admin.release());
      }
    },
    async close() {
      await server.close();
      await workplace.close();
      await admins.end();
      void clone.drop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Another server on the same database, such as `environment` of the first says, while `work` runs. */
export async function withServerBeside<T>(
  environment: Readonly<Record<string, string>>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = await startServerOn(environment);
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

/** A server in this process on a database that is there, for what is not about a process of its own. */
export async function startServerOn(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const config = loadConfig(environment);
  const logger = createLogger(config.logLevel);
  const workplace = await openWorkplace(config, logger, migrated);
  const server = await startServer(config, workplace, logger, schema);
  return {
    url: server.url,
    async close() {
      await server.close();
      await workplace.close();
    },
  };
}
