import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/db/migrate.ts';

/** Longer than any run takes; a database of a killed run that is older is swept by the next. */
const LEFTOVER_AGE_S = 3600;
const PREFIX = 'tenantry_test_';

/** `tenantry_test_<unix seconds>_<random>`: unique, and its age can be read from it. */
export function nameRun(): string {
  return `${PREFIX}${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString('hex')}`;
}

export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Migrates one database that all the others of this run are cloned from. */
export async function createTemplate(adminUrl: string, run: string): Promise<string> {
  const name = `${run}_template`;
  await withAdmin(adminUrl, (admin) => admin.query(`create database ${name} template template0`));
  await migrate({ url: urlOfDatabase(adminUrl, name) });
  // While somebody is connected to it nobody can clone it, so nobody gets in.
  await withAdmin(adminUrl, (admin) =>
    admin.query(`alter database ${name} allow_connections false`),
  );
  return name;
}

/** Answers the new database's name. Safe in parallel. */
export async function cloneTemplate(adminUrl: string, template: string): Promise<string> {
  const name = template.replace(/_template$/, `_${randomBytes(4).toString('hex')}`);
  await withAdmin(adminUrl, async (admin) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await admin.query(`create database ${name} template ${template}`);
      } catch (error) {
        // 55006: the template is in use, by migrate's connection that is still closing, say.
        if (!(error instanceof pg.DatabaseError) || error.code !== '55006' || attempt === 5) {
          throw error;
        }
      }
    }
  });
  return name;
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withAdmin(adminUrl, (admin) =>
    admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/** Drops all databases of this run, and what killed runs left an hour ago or longer. */
export async function dropDatabasesOf(adminUrl: string, run: string): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1)',
      [PREFIX],
    );
    for (const { name } of rows) {
      if (!name.startsWith(run) && !isLeftover(name)) continue;
      // Another run may be dropping the same leftover at this moment.
      await admin.query(`drop database if exists ${name} with (force)`).catch(() => undefined);
    }
  });
}

function isLeftover(name: string): boolean {
  const made = Number(/^tenantry_test_(\d+)_/.exec(name)?.[1] ?? Number.NaN);
  return Date.now() / 1000 - made > LEFTOVER_AGE_S;
}

async function withAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url, application_name: 'tenantry tests' });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
