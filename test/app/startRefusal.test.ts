import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { explainFailure } from '../../src/app/explainFailure.ts';
import { createLogger } from '../../src/app/logger.ts';
import { serve } from '../../src/app/serve.ts';
import { loadConfig } from '../../src/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { makeDataDir, spawnServer } from '../support/serverProcess.ts';
import { urlOfDatabase } from '../support/testDatabases.ts';

// What a refused start looks like from outside: exit code 1 and sentences that say what to do, with
// no stack and no password in them. One of each kind is a process of its own, for one takes most of a
// second to load; they run at once.

const suffix = randomBytes(4).toString('hex');
const password = `canary-${suffix}`;
const role = (kind: string): string => `tenantry_test_${kind}_${suffix}`;

let dataDir: Awaited<ReturnType<typeof makeDataDir>>;
let whole: TestDatabase;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  dataDir = await makeDataDir();
  whole = await cloneWith([]);
});
afterAll(async () => {
  // A role can be dropped when it owns nothing any more.
  await Promise.all(databases.map((database) => database.drop()));
  const cluster = new pg.Client({ connectionString: inject('postgres').adminUrl });
  await cluster.connect();
  for (const kind of ['bypass', 'member', 'owner'])
    await cluster.query(`drop role if exists ${role(kind)}`);
  await cluster.end();
  await dataDir?.remove();
});

/** A migrated database, changed. */
async function cloneWith(statements: readonly string[]): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
  return database;
}

const asRole = (database: TestDatabase, name: string): string => {
  const url = new URL(database.adminUrl);
  url.username = name;
  url.password = password;
  return url.href;
};

/** Starts a server there; answers what it said when it had ended, in bad order, by itself. */
async function refusal(environment: Record<string, string>): Promise<string> {
  const server = spawnServer({ DATA_DIR: dataDir.path, LOG_LEVEL: 'info', ...environment });
  server.url.then(
    () => server.end('SIGKILL'),
    () => undefined,
  );
  expect(await server.ended).toEqual({ code: 1, signal: null });
  return checked(server.output(), environment);
}

/** Serves there in this process; answers what a process that ends for the same reason says. */
async function refusalHere(environment: Record<string, string>): Promise<string> {
  const given = { NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir.path, LOG_LEVEL: 'silent' };
  try {
    const config = loadConfig({ ...given, ...environment });
    await (await serve(config, createLogger(config.logLevel))).close();
  } catch (error) {
    return checked(explainFailure(error) ?? inspect(error), environment);
  }
  throw new Error('It serves.');
}

function checked(output: string, environment: Record<string, string>): string {
  expect(output).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  for (const value of Object.values(environment)) {
    if (URL.canParse(value)) expect(output).not.toContain(new URL(value).password || 'postgresql:');
  }
  return output;
}

const create = (kind: string, attributes: string): string =>
  `create role ${role(kind)} login password '${password}' ${attributes}`;

test.concurrent('a superuser is refused, and told which role to serve as', async () => {
  const said = await refusal({ APP_DATABASE_URL: whole.adminUrl });
  expect(said).toContain('SUPERUSER');
  expect(said).toContain('Serve as tenantry_server');
  expect(said).toContain('APP_DATABASE_URL');
});

test.concurrent('a role with BYPASSRLS is refused', async () => {
  const database = await cloneWith([create('bypass', 'bypassrls')]);
  const said = await refusalHere({ APP_DATABASE_URL: asRole(database, role('bypass')) });
  expect(said).toContain(`${role('bypass')} has BYPASSRLS`);
});

test.concurrent('a role that may become the owner is refused', async () => {
  const database = await cloneWith([create('member', 'in role tenantry_owner')]);
  const said = await refusalHere({ APP_DATABASE_URL: asRole(database, role('member')) });
  expect(said).toContain(`${role('member')} is a member of tenantry_owner`);
  expect(said).toContain('REVOKE');
});

test.concurrent('a role that owns a table is refused', async () => {
  const database = await cloneWith([
    create('owner', ''),
    `grant usage, create on schema app to ${role('owner')}`,
    `alter table app.products owner to ${role('owner')}`,
  ]);
  const said = await refusalHere({ APP_DATABASE_URL: asRole(database, role('owner')) });
  expect(said).toContain('role-owns: table app.products');
});

test.concurrent('a table without its policy, or not forced, is refused by name', async () => {
  const database = await cloneWith([
    'create table app.stray (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id))',
    'alter table app.stray enable row level security, force row level security',
    'alter table app.customers no force row level security',
    'alter table app.messages disable row level security',
  ]);
  const said = await refusalHere({ APP_DATABASE_URL: database.serverUrl });
  expect(said).toContain('policy-missing: app.stray has no policy');
  expect(said).toContain('rls-not-forced: app.customers does not force');
  expect(said).toContain('rls-not-forced: app.messages has row-level security disabled');
  expect(said).toContain('sql/policies/');
});

test.concurrent('a database that was never migrated, or to another version, is refused', async () => {
  const another = await cloneWith([`comment on schema app is 'tenantry 0000000000000000'`]);
  const none = await cloneWith(['drop schema app cascade']);
  const said = await Promise.all(
    [another, none].map(({ serverUrl }) => refusalHere({ APP_DATABASE_URL: serverUrl })),
  );
  for (const text of said) expect(text).toContain('run "npm run db:migrate" with DATABASE_URL set');
});

test.concurrent('a database that does not let us in, or is not there, is told apart in a sentence', async () => {
  const port = await closedPort();
  const elsewhere = new URL(whole.serverUrl);
  elsewhere.port = String(port);
  const wrongPassword = asRole(whole, 'tenantry_server');
  const gone = urlOfDatabase(whole.serverUrl, `no_such_${suffix}`);
  const [refused, unknown, nobody, migrating] = await Promise.all([
    refusal({ APP_DATABASE_URL: wrongPassword }),
    refusalHere({ APP_DATABASE_URL: gone }),
    refusalHere({ APP_DATABASE_URL: elsewhere.href }),
    refusal({ DATABASE_URL: elsewhere.href }),
  ]);
  expect(refused).toContain('password authentication failed for user "tenantry_server"');
  expect(refused).toContain('Check user and password.');
  expect(unknown).toContain(`database "no_such_${suffix}" does not exist`);
  for (const text of [nobody, migrating]) expect(text).toContain('Nothing listens there');
});

test.concurrent('a directory for the signing keys that cannot be made is named', async () => {
  const said = await refusalHere({ APP_DATABASE_URL: whole.serverUrl, DATA_DIR: '/proc/x' });
  expect(said).toContain('DATA_DIR /proc/x cannot be used');
  expect(said).toContain('or set JWT_PRIVATE_KEYS');
});

test.concurrent('a DATABASE_URL without a password derives none', async () => {
  const url = new URL(whole.adminUrl);
  url.password = '';
  const said = await refusalHere({ DATABASE_URL: url.href });
  expect(said).toContain('set APP_DATABASE_URL, or give DATABASE_URL a password');
});

async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
