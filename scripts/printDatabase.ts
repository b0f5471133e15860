import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded/embedded.ts';
import { migrate } from '../src/db/setup/migrate.ts';
import { databaseSql } from './printDatabase/databaseSql.ts';

// Writes schema/database.sql from a database that was migrated just now. With --check it writes
// nothing, and ends with 1 when the file says otherwise: a change of the database is to be read in a
// review as what it comes to, not only as a migration.
const file = resolve(import.meta.dirname, '../schema/database.sql');
const header = `-- What the migrations and sql/ come to, printed by "npm run schema:print". To read and to compare, not to run.\n\n`;

interface Scratch {
  readonly url: string;
  drop(): Promise<void>;
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function createDatabaseOn(adminUrl: string): Promise<Scratch> {
  const name = `tenantry_print_${randomBytes(6).toString('hex')}`;
  await connected(adminUrl, (admin) => admin.query(`create database ${name} template template0`));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () =>
      connected(adminUrl, async (admin) => void (await admin.query(`drop database ${name}`))),
  };
}

async function startScratch(): Promise<Scratch> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-print-'));
  await chmod(dataDir, 0o711); // when we are root, Postgres runs as somebody else
  const embedded = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  return {
    url: embedded.url,
    async drop() {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function print(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL;
  const scratch = given ? await createDatabaseOn(given) : await startScratch();
  try {
    await migrate({ url: scratch.url });
    return header + (await connected(scratch.url, databaseSql));
  } finally {
    await scratch.drop();
  }
}

/** The first lines that differ, as a hint; the whole is what `git diff` shows after printing. */
function firstDifference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = now.findIndex((line, index) => line !== old[index]);
  const from = at === -1 ? now.length : at;
  const around = (lines: string[], sign: string) =>
    lines.slice(from, from + 3).map((line) => `${sign} ${line}`);
  return [`line ${from + 1}:`, ...around(old, '-'), ...around(now, '+')].join('\n');
}

const printed = await print();
if (process.argv.includes('--check')) {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed !== printed) {
    console.error(
      `schema/database.sql is not what the migrations and sql/ come to: run "npm run schema:print" and commit it.\n${firstDifference(committed, printed)}`,
    );
    process.exitCode = 1;
  }
} else {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, printed);
  console.log('schema/database.sql');
}
