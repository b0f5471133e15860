import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as runDrizzleMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import type { Database } from '../database.ts';
import {
  hasPassword,
  operatorRole,
  operatorUrlFrom,
  scramVerifier,
  serverRole,
  serverUrlFrom,
} from './serverRole.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const migrationsFolder = path.join(root, 'drizzle');

/** Any 64-bit number, the same on every machine: whoever holds it migrates, the others wait. */
const migrationLock = 0x7e4a_17;

export interface MigrateOptions {
  /** A role that may create roles and objects. A direct connection, not PgBouncer in transaction mode. */
  url: string;
  /** What the server will sign in with; its password is set on the role. Derived when left out. */
  serverUrl?: string | undefined;
  operatorUrl?: string | undefined;
  log?: (line: string) => void;
  /** Writes functions, policies and grants anew even where the database says it is up to date. */
  repair?: boolean;
}

/**
 * Brings a database to this version: roles, schema, tables, functions, policies, reference data.
 * Safe to run twice and from several machines at once (an advisory lock; the others wait and find
 * nothing to do). Tables become reachable only in the last step, together with their policies.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const log = options.log ?? (() => undefined);
  const serverUrl = options.serverUrl ?? serverUrlFrom(options.url);
  // Nobody need sign in as an operator: without a password nobody can.
  const operatorUrl =
    options.operatorUrl ?? (hasPassword(options.url) ? operatorUrlFrom(options.url) : undefined);
  const client = new pg.Client({
    connectionString: options.url,
    application_name: 'tenantry migrate',
  });
  client.on('error', () => undefined); // the pending query rejects with the same loss; this only keeps the process
  try {
    await client.connect(); // refused half-way, it still holds a socket, which is ended below
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await runSqlFolder(client, 'bootstrap');
    await setPassword(client, serverUrl);
    if (operatorUrl !== undefined) await setPassword(client, operatorUrl);
    const applied = await migrateTables(client);
    for (const name of applied) log(`applied ${name}`);
    await finishSql(client, options.repair ?? false);
    return { applied };
  } finally {
    await client.end();
  }
}

async function migrateTables(client: pg.Client): Promise<string[]> {
  const before = await appliedMigrations(client);
  await client.query('set role tenantry_owner');
  // Extensions may live in any schema; operator classes are named without one in the migrations.
  await client.query(`select set_config('search_path', (
    select string_agg(distinct quote_ident(n.nspname), ', ') from pg_extension e
    join pg_namespace n on n.oid = e.extnamespace where e.extname in ('pg_trgm', 'btree_gin', 'unaccent')
  ) || ', public', false)`);
  await runDrizzleMigrations(drizzle(client), { migrationsFolder });
  await client.query('reset role; reset search_path');
  return (await knownMigrations()).slice(before);
}

async function appliedMigrations(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as found`,
  );
  if (!rows[0]?.found) return 0;
  const counted = await client.query<{ count: number }>(
    'select count(*)::int as count from drizzle.__drizzle_migrations',
  );
  return counted.rows[0]?.count ?? 0;
}

async function knownMigrations(): Promise<string[]> {
  const journal = JSON.parse(
    await readFile(path.join(migrationsFolder, 'meta', '_journal.json'), 'utf8'),
  ) as { entries: { tag: string }[] };
  return journal.entries.map((entry) => entry.tag);
}

/** Functions, policies, what rows hold of them and reference data in one transaction: there is no moment without a policy. */
async function finishSql(client: pg.Client, repair: boolean): Promise<void> {
  const stamp = await schemaStamp();
  const { rows } = await client.query<{ stamp: string | null }>(
    `select obj_description('app'::regnamespace) as stamp`,
  );
  if (rows[0]?.stamp === stamp && !repair) return;
  await inTransaction(client, async () => {
    await client.query('set local role tenantry_owner');
    await client.query(await sqlFile('functions/planned_rows.sql'));
    await client.query('reset role');
    await ownedBy(client, 'tenantry_lookup', await sqlFile('functions/standing.sql'));
    await ownedBy(client, 'tenantry_lookup', await sqlFile('functions/lookups.sql'));
    await ownedBy(client, 'tenantry_accounts', await sqlFile('functions/mail.sql'));
    await ownedBy(client, 'tenantry_accounts', await sqlFile('functions/accounts.sql'));
    await ownedBy(client, 'tenantry_accounts', await sqlFile('functions/invitations.sql'));
    await ownedBy(client, 'tenantry_search', await sqlFile('functions/product_search.sql'));
    const messageSearch = await sqlFile('functions/message_search.sql');
    await ownedBy(client, 'tenantry_message_search', messageSearch);
    await ownedBy(client, 'tenantry_provisioner', await sqlFile('functions/tenants.sql'));
    const planChanges = await sqlFile('functions/plan_changes.sql');
    await ownedBy(client, 'tenantry_provisioner', planChanges);
    await ownedBy(client, 'tenantry_purger', await sqlFile('functions/purge.sql'));
    await ownedBy(client, 'tenantry_purger', await sqlFile('functions/idempotency.sql'));
    await client.query('set local role tenantry_owner');
    await client.query(await sqlFile('functions/quota_leases.sql'));
    await client.query(await sqlFile('functions/usage.sql'));
    await client.query(await sqlFile('functions/credit.sql'));
    for (const file of await sqlFiles('policies')) await client.query(await sqlFile(file));
    for (const file of await sqlFiles('everyTable')) await client.query(await sqlFile(file));
    for (const file of await sqlFiles('stored')) await client.query(await sqlFile(file));
    await client.query('reset role');
    for (const file of await sqlFiles('reference')) await client.query(await sqlFile(file));
    await client.query('set local role tenantry_owner');
    await client.query(`comment on schema app is '${stamp}'`);
  });
}

/** Creating in a schema needs a grant; the narrow roles hold it only for the length of this call. */
async function ownedBy(client: pg.Client, role: string, sql: string): Promise<void> {
  await client.query(`set local role tenantry_owner; grant create on schema app to ${role}`);
  await client.query(`set local role ${role}`);
  await client.query(sql);
  await client.query(`set local role tenantry_owner; revoke create on schema app from ${role}`);
  await client.query('reset role');
}

/**
 * Which version of drizzle/ and sql/ a database carries: kept as the comment of schema app, so that a
 * server can tell at start-up, with no table of its own, whether it was migrated.
 */
async function schemaStamp(): Promise<string> {
  const digest = createHash('sha256');
  for (const name of await knownMigrations()) digest.update(name);
  for (const folder of [
    'bootstrap',
    'functions',
    'policies',
    'everyTable',
    'stored',
    'reference',
  ]) {
    for (const file of await sqlFiles(folder)) digest.update(file).update(await sqlFile(file));
  }
  return `tenantry ${digest.digest('hex').slice(0, 16)}`;
}

/** Whether a database carries this version's stamp. */
export async function isMigrated(database: Pick<Database, 'lookup'>): Promise<boolean> {
  const rows = await database.lookup<{ stamp: string | null }>(
    `select obj_description(oid, 'pg_namespace') as stamp from pg_namespace where nspname = 'app'`,
    [],
  );
  return rows[0]?.stamp === (await schemaStamp());
}

async function runSqlFolder(client: pg.Client, folder: string): Promise<void> {
  for (const file of await sqlFiles(folder)) {
    const text = await sqlFile(file);
    await retryCollision(() => inTransaction(client, () => client.query(text)));
  }
}

/** Roles belong to the cluster, the lock to a database: two databases migrating at once may collide. */
async function retryCollision(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const collided =
        code === '42710' || code === '23505' || message.includes('concurrently updated');
      if (!collided || attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

async function inTransaction(client: pg.Client, work: () => Promise<unknown>): Promise<void> {
  await client.query('begin');
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** Sets the password only where signing in with it fails: a needless ALTER ROLE would collide. */
async function setPassword(client: pg.Client, url: string): Promise<void> {
  const { username, password } = new URL(url);
  // Only ours: a URL that names the administrator must not change the administrator's password.
  if (username !== serverRole && username !== operatorRole) return;
  if (password === '' || (await canSignIn(url))) return;
  const verifier = scramVerifier(decodeURIComponent(password));
  const role = client.escapeIdentifier(decodeURIComponent(username));
  await retryCollision(() => client.query(`alter role ${role} password '${verifier}'`));
}

async function canSignIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function sqlFiles(folder: string): Promise<string[]> {
  const names = await readdir(path.join(root, 'sql', folder));
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

const sqlFile = (file: string): Promise<string> => readFile(path.join(root, 'sql', file), 'utf8');
