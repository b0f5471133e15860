import { execFile } from 'node:child_process';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openCluster } from '../../src/db/embedded/cluster.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { prepareNative } from '../../src/db/embedded/native.ts';
import { chooseOsUser } from '../../src/db/embedded/osUser.ts';
import { isAlive } from '../../src/db/embedded/processes.ts';
import { databasesBase, inMemory, makeTemporary, temporaryBase } from './temporary.ts';
import { createTemplate, dropDatabasesOf, nameRun, quickenSignIns } from './testDatabases.ts';

const EMBEDDED_PREFIX = 'tenantry-test-';

const settings = {
  // Nothing here need survive a crash of the machine, or be replicated.
  ...{ fsync: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  // No database lives long enough to need it; and it changes plans while they are looked at.
  autovacuum: 'off',
  max_connections: '200',
  // What a clone is first asked for is not in Postgres' memory yet, and by way of its I/O workers, which
  // saves nothing with files in memory, it takes 4 % more processor time in all.
  io_method: 'sync',
};

interface Source {
  readonly name: string;
  readonly adminUrl: string;
  /** Its roles are nobody else's. */
  readonly isOurs: boolean;
  /** The directory of a cluster that nobody has started yet, to be copied; null: there is none. */
  readonly fresh: string | null;
  stop(): Promise<void>;
}

/** Runs once before all test files; what it returns runs after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const source = await chooseSource();
  const run = nameRun();
  const close = async () => {
    await dropDatabasesOf(source.adminUrl, run);
    await source.stop();
  };
  try {
    const template = await createTemplate(source.adminUrl, run);
    if (source.isOurs) await quickenSignIns(source.adminUrl);
    project.provide('postgres', { adminUrl: source.adminUrl, template, fresh: source.fresh });
    console.log(`Postgres for the tests: ${source.name}`);
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

async function chooseSource(): Promise<Source> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) {
    const stop = async () => undefined;
    return { name: 'TEST_DATABASE_URL', adminUrl: url, isOurs: false, fresh: null, stop };
  }
  return (await dockerAnswers()) ? startContainer() : startEmbedded();
}

async function dockerAnswers(): Promise<boolean> {
  const asked = promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeout: 3000,
  });
  return asked.then(
    () => true,
    () => false,
  );
}

/** Written to the documentation of testcontainers 12 and not run so far: no Docker engine was at hand. */
async function startContainer(): Promise<Source> {
  // Half a second to load, so only when it is used.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer('postgres:18')
    .withCommand([
      'postgres',
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    .start();
  return {
    name: 'a postgres:18 container',
    adminUrl: container.getConnectionUri(),
    isOurs: true,
    fresh: null,
    stop: async () => {
      await container.stop();
    },
  };
}

async function startEmbedded(): Promise<Source> {
  await sweepKilledRuns();
  const dataDir = await makeTemporary(`${EMBEDDED_PREFIX}${process.pid}-`, await databasesBase());
  const fresh = await makeFresh(dataDir);
  const embedded = await startEmbeddedPostgres({ dataDir, settings });
  return {
    name: 'embedded, for this run only',
    adminUrl: embedded.url,
    isOurs: true,
    fresh,
    stop: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Makes the run's own cluster, and a copy of it before it is started. */
async function makeFresh(dataDir: string): Promise<string | null> {
  const made = join(dataDir, 'postgres');
  const log = () => undefined;
  const user = await chooseOsUser(made);
  const native = await prepareNative(user, log);
  await openCluster({ dataDir, native, user, durable: false, log });
  // Where its OS user cannot get to it lies elsewhere, and so would have to each copy.
  if ((await lstat(made)).isSymbolicLink()) return null;
  const fresh = join(dataDir, 'fresh');
  await promisify(execFile)('cp', ['-a', made, fresh]);
  return fresh;
}

/** A run that was killed leaves its server running: it belongs to no process group that dies with it. */
async function sweepKilledRuns(): Promise<void> {
  for (const base of [await temporaryBase(), inMemory]) {
    for (const name of await readdir(base).catch(() => [])) {
      const pid = name.startsWith(EMBEDDED_PREFIX) ? Number(name.split('-')[2]) : Number.NaN;
      if (!(pid > 0) || isAlive(pid)) continue;
      const dataDir = join(base, name);
      const left = await startEmbeddedPostgres({ dataDir }).catch(() => undefined);
      await left?.stop();
      await rm(dataDir, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
