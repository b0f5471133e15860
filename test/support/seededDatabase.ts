import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { inject } from 'vitest';
import { demoPassword } from '../../src/app/demo/demoData.ts';
import { createLogger } from '../../src/app/logger.ts';
import { openOperators } from '../../src/app/openOperators.ts';
import { seedDemo } from '../../src/app/seed.ts';
import { openWorkplace } from '../../src/app/workplace.ts';
import { hashPassword } from '../../src/auth/passwords.ts';
import { loadConfig } from '../../src/config.ts';
import { operatorUrlFrom } from '../../src/db/setup/serverRole.ts';
import { rollUpActivity } from '../../src/features/operators/platformActivity.queries.ts';
import { createDatabaseFrom, type TestDatabase } from './postgres.ts';
import { makeTemplateOnce } from './testDatabases.ts';

/** With the demo's businesses in it. */
export interface SeededDatabase extends TestDatabase {
  /** The integrator's key of the demo's first business. */
  readonly apiKey: string;
}

/** What this process knows to be there. */
const templates = new Map<string, ReturnType<typeof makeTemplateOnce>>();

/**
 * A clone with the demo's businesses in it. To seed each of a run's hundred anew took a seventh of
 * the suite's processor time: the first that is asked for seeds a template for all files.
 */
export async function createSeededDatabase(): Promise<SeededDatabase> {
  const { adminUrl, template } = inject('postgres');
  // What the demo counts "today" has to be of the day on which it is looked at.
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const called = `demo${day}`;
  const made = templates.get(called) ?? makeTemplateOnce(adminUrl, template, called, seed);
  templates.set(called, made);
  made.catch(() => templates.delete(called));
  const seeded = await made;
  return { ...(await createDatabaseFrom(seeded.name)), apiKey: seeded.note };
}

/** Answers the demo's API key. */
async function seed(url: string): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tenantry-seed-'));
  try {
    await seedHere(url, dataDir);
    await settle(url);
    await addUp(url);
    return (await readFile(path.join(dataDir, 'demo-api-key'), 'utf8')).trim();
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

/** What tests need otherwise than people who look around in the demo. */
async function settle(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    // The demo's day fills up with the hour: from ten on it would not fit a smaller plan that a test puts it on.
    await admin.query(
      `update app.usage_counters set used = least(used, 100)
       where meter = 'API_REQUESTS_PER_DAY' and day = app.usage_today()`,
    );
    // The suite signs in as somebody of the demo 700 times, 25 ms of processor time each. What is about the
    // work of a hash makes a real one: `useRealPassword`.
    const quick = await hash(demoPassword, { memoryCost: 8, timeCost: 1, parallelism: 1 });
    await admin.query('update app.users set password_hash = $1', [quick]);
  } finally {
    await admin.end();
  }
}

/** As an operator's endpoint does when it starts: what is added up here, no server finds to do. 15 ms each. */
async function addUp(url: string): Promise<void> {
  const settings = { pipeline: true, namedStatements: true };
  const operators = openOperators(operatorUrlFrom(url), settings, createLogger('silent'));
  try {
    while ((await operators.addUp(rollUpActivity)) > 0);
  } finally {
    await operators.close();
  }
}

/** As people's passwords are kept, for tests that look at how long it takes to sign in. */
export async function useRealPassword(
  server: { asAdmin(text: string, values: readonly unknown[]): Promise<unknown> },
  email: string,
): Promise<void> {
  const real = await hashPassword(demoPassword);
  await server.asAdmin('update app.users set password_hash = $1 where email = $2', [real, email]);
}

/** What scripts/seed.ts does, in this process; answers what it prints. */
export async function seedHere(url: string, dataDir: string): Promise<string> {
  const config = loadConfig({
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: url,
    LOG_LEVEL: 'silent',
  });
  const workplace = await openWorkplace(config, createLogger(config.logLevel));
  try {
    return (await seedDemo(workplace, config.dataDir)).greeting;
  } finally {
    await workplace.close();
  }
}
