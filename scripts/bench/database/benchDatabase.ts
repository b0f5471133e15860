import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../src/db/embedded/embedded.ts';
import { migrate } from '../../../src/db/setup/migrate.ts';
import { operatorUrlFrom, serverUrlFrom } from '../../../src/db/setup/serverRole.ts';

/** A migrated, empty database that nobody else uses. */
export interface BenchDatabase {
  readonly adminUrl: string;
  /** As the role `tenantry_server`: what both servers and pgbench sign in as. */
  readonly serverUrl: string;
  readonly operatorUrl: string;
  /** Of the embedded Postgres, to pin it to its processors; undefined for a server of yours. */
  readonly postmasterPid: number | undefined;
  remove(): Promise<void>;
}

/**
 * An embedded Postgres in a temporary directory, or with `givenUrl` a database of its own on that
 * server, made as the role that the URL names. Its settings are Postgres's defaults, fsync included:
 * a create that never reaches the disk says nothing about a create.
 */
export async function openBenchDatabase(givenUrl: string | undefined): Promise<BenchDatabase> {
  if (givenUrl !== undefined) return createOn(givenUrl);
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
  await chmod(dataDir, 0o711); // When we are root, Postgres runs as somebody else.
  const remove = () => rm(dataDir, { recursive: true, force: true });
  try {
    const embedded = await startEmbeddedPostgres({ dataDir, settings: { max_connections: '200' } });
    const postmasterPid = await readPostmasterPid(embedded.url);
    await migrate({ url: embedded.url });
    return {
      ...urlsOf(embedded.url),
      postmasterPid,
      async remove() {
        await embedded.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** `adminUrl`: of a superuser. */
export async function readPostmasterPid(adminUrl: string): Promise<number> {
  const { pid } = await ask<{ pid: number }>(
    adminUrl,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  );
  return pid;
}

async function createOn(givenUrl: string): Promise<BenchDatabase> {
  const name = `tenantry_bench_${randomBytes(4).toString('hex')}`;
  await ask(givenUrl, `create database ${name}`);
  const url = new URL(givenUrl);
  url.pathname = `/${name}`;
  const remove = async (): Promise<void> => {
    await ask(givenUrl, `drop database if exists ${name} with (force)`);
  };
  try {
    await migrate({ url: url.href });
    return { ...urlsOf(url.href), postmasterPid: undefined, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

export function urlsOf(adminUrl: string) {
  return {
    adminUrl,
    serverUrl: serverUrlFrom(adminUrl),
    operatorUrl: operatorUrlFrom(adminUrl),
  };
}

/** One statement on a connection of its own; answers its first row. */
export async function ask<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row> {
  const client = new pg.Client({ connectionString: url, application_name: 'tenantry bench' });
  client.on('error', () => undefined); // the pending query rejects with the same loss
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows[0] as Row;
  } finally {
    await client.end();
  }
}
