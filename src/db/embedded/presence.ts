import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './cluster.ts';

declare module 'pg' {
  // Public in pg 8.23.1 (lib/client.js) and missing in @types/pg 8.23.1.
  interface Client {
    ref(): void;
    unref(): void;
  }
}

/** Two-key advisory locks of the database `postgres`; the first key spells "TNRY". */
const PRESENT = '1414419033, 1';
const SETTING_UP = '1414419033, 2';

/**
 * A process' claim on the running server: one connection that holds a shared lock. Postgres
 * takes it back when the process dies, whatever it dies of, which no lock file does.
 */
export interface Presence {
  /** The connection is gone though nobody called `leave`: the server died, or was stopped by hand. */
  readonly lost: Promise<void>;
  createDatabase(name: string): Promise<void>;
  /**
   * Gives the claim up. Whoever was the last, with nobody else connected, runs `stop` while
   * newcomers are held off; the rest just leave. Answers whether `stop` was run.
   */
  leave(stop: () => Promise<void>): Promise<boolean>;
}

/** Undefined when the server is just being stopped. Rejects with what `pg` says. */
export async function join(cluster: Cluster, port: number): Promise<Presence | undefined> {
  const client = new pg.Client({
    application_name: 'tenantry (keeps the database running)',
    connectionTimeoutMillis: 5000,
    database: 'postgres',
    host: '127.0.0.1',
    keepAlive: true,
    password: cluster.password,
    port,
    query_timeout: 30_000,
    user: 'postgres',
  });
  // The server may go away under us at any time; the next query says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ present: boolean }>(
      `select pg_try_advisory_lock_shared(${PRESENT}) as present`,
    );
    if (!rows[0]?.present) {
      await client.end();
      return undefined;
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  client.unref();
  return {
    lost: new Promise((resolve) => client.once('end', resolve)),
    createDatabase: (name) => createDatabase(client, name),
    leave: (stop) => leave(client, stop),
  };
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  client.ref();
  const known = 'select 1 from pg_database where datname = $1';
  if ((await client.query(known, [name])).rowCount === 0) {
    await client.query(`select pg_advisory_lock(${SETTING_UP})`);
    if ((await client.query(known, [name])).rowCount === 0) {
      await client.query(`create database ${client.escapeIdentifier(name)}`);
    }
    await client.query(`select pg_advisory_unlock(${SETTING_UP})`);
  }
  client.unref();
}

async function leave(client: pg.Client, stop: () => Promise<void>): Promise<boolean> {
  client.ref();
  try {
    // It may have died meanwhile: then whoever needs it starts it again, and that is not us.
    const last = await isLast(client).catch(() => false);
    if (last) await stop();
    return last;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function isLast(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ last: boolean }>(
    `select pg_advisory_unlock_shared(${PRESENT}), pg_try_advisory_lock(${PRESENT}) as last`,
  );
  return rows[0]?.last === true && !(await othersStay(client));
}

/** A connection that was closed a moment ago, our own pool's say, still shows for a few ms. */
async function othersStay(client: pg.Client): Promise<boolean> {
  for (let waited = 0; ; waited += 50) {
    const { rows } = await client.query<{ others: number }>(
      `select count(*)::int as others from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    if (rows[0]?.others === 0) return false;
    if (waited >= 500) return true;
    await delay(50);
  }
}
