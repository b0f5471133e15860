import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/db/setup/migrate.ts';
import { operatorUrlFrom, serverUrlFrom } from '../../src/db/setup/serverRole.ts';

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
  await withAdmin(adminUrl, (admin) => shut(admin, name));
  return name;
}

/**
 * Has the roles' passwords kept with one round of SCRAM instead of 4096, which are 1.4 ms of a client's
 * processor time for each of the suite's 2 500 connections. For a cluster of the tests' own.
 */
export async function quickenSignIns(adminUrl: string): Promise<void> {
  await withAdmin(adminUrl, async (admin) => {
    await admin.query('set scram_iterations = 1');
    for (const url of [adminUrl, serverUrlFrom(adminUrl), operatorUrlFrom(adminUrl)]) {
      const { username, password } = new URL(url);
      const [role, kept] = [username, password].map(decodeURIComponent);
      await admin.query(
        `alter role ${pg.escapeIdentifier(role ?? '')} password ${pg.escapeLiteral(kept ?? '')}`,
      );
    }
  });
}

/**
 * A template beside the first one, of which this run has one by this name: whoever asks first fills a
 * clone with `fill`, the others wait. `note` is what `fill` answered: nothing is lost with who filled it.
 */
export async function makeTemplateOnce(
  adminUrl: string,
  template: string,
  called: string,
  fill: (url: string) => Promise<string>,
): Promise<{ name: string; note: string }> {
  const name = template.replace(/_template$/, `_${called}_template`);
  return withAdmin(adminUrl, async (admin) => {
    // Goes with the connection, so that the next one has its turn if this one fails.
    await admin.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rows } = await admin.query<{ note: string }>(
      `select shobj_description(oid, 'pg_database') as note from pg_database
       where datname = $1 and not datallowconn`,
      [name],
    );
    if (rows[0]) return { name, note: rows[0].note };
    await admin.query(`drop database if exists ${name} with (force)`);
    await copyDatabase(admin, name, template);
    const note = await fill(urlOfDatabase(adminUrl, name));
    await admin.query(`comment on database ${name} is ${pg.escapeLiteral(note)}`);
    await shut(admin, name);
    return { name, note };
  });
}

/** While somebody is connected to a template nobody can clone it, so nobody gets in. */
const shut = (admin: pg.Client, name: string) =>
  admin.query(`alter database ${name} allow_connections false`);

/** Answers the new database's name. Safe in parallel. */
export async function cloneTemplate(adminUrl: string, template: string): Promise<string> {
  const name = template.replace(/_template$/, `_${randomBytes(4).toString('hex')}`);
  await copyDatabase(adminsOf(adminUrl), name, template);
  return name;
}

async function copyDatabase(
  admin: pg.Client | pg.Pool,
  name: string,
  template: string,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // As files: 20 ms of processor time. Block by block through the log (the default) it is 25 to 75 ms,
      // and 15 ms instead of 7 to drop it again.
      await admin.query(`create database ${name} template ${template} strategy file_copy`);
      return;
    } catch (error) {
      // 55006: the template is in use, by migrate's connection that is still closing, say.
      if (!(error instanceof pg.DatabaseError) || error.code !== '55006' || attempt === 5) {
        throw error;
      }
    }
  }
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const sql = `drop database if exists ${pg.escapeIdentifier(name)} with (force)`;
  await adminsOf(adminUrl).query(sql);
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

const pools = new Map<string, pg.Pool>();

/** Kept, for to connect takes a third of what copying or dropping a database takes. Not for locks. */
function adminsOf(url: string): pg.Pool {
  const known = pools.get(url);
  if (known) return known;
  const settings = { application_name: 'tenantry tests', allowExitOnIdle: true };
  const pool = new pg.Pool({ connectionString: url, ...settings });
  pool.on('error', () => undefined); // a backend that was ended: there are others
  pools.set(url, pool);
  return pool;
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
