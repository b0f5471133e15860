import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import type { Native } from './native.ts';
import type { OsUser } from './osUser.ts';
import {
  chooseFreePort,
  disownPidFile,
  isPostmasterOf,
  logFile,
  readPostmaster,
  startPostmaster,
} from './postmaster.ts';
import { join, type Presence } from './presence.ts';
import { isAlive } from './processes.ts';
import { whileOnlyStarter } from './startLock.ts';

export const DATABASE = 'tenantry';

/** Recovery after a crash reads the log since the last checkpoint: seconds, seldom a minute. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** A program took the port; a killed server's backends are still ending; it was killed itself. */
const PASSING_FAILURE =
  /lock file "postmaster.pid"|could not bind|could not create any TCP|pre-existing shared memory|ended by SIGKILL$/;

export interface Server {
  readonly cluster: Cluster;
  readonly native: Native;
  readonly user: OsUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export interface Membership {
  readonly presence: Presence;
  readonly port: number;
}

/**
 * Goes round until it is in, whatever others are doing with the server meanwhile: starting,
 * recovering or stopping it.
 */
export async function startOrJoin(server: Server): Promise<Membership> {
  const { cluster, log } = server;
  const deadline = Date.now() + START_TIMEOUT_MS;
  let startedPid: number | undefined;
  let reason: unknown = 'it is starting or stopping';
  while (Date.now() < deadline) {
    const running = await readPostmaster(cluster);
    if (!running || !(await isPostmasterOf(cluster, running.pid))) {
      const started = await startAnew(server, deadline);
      if (typeof started === 'number') startedPid = started;
      else reason = started ?? reason;
    } else if (running.ready) {
      try {
        const presence = await enter(cluster, running.port);
        if (presence) {
          if (running.pid !== startedPid) log(`joined the Postgres that runs (pid ${running.pid})`);
          return { presence, port: running.port };
        }
      } catch (error) {
        reason = error;
        if (!isPassing(error)) {
          if (running.pid === startedPid) await shutDown(server, running.pid);
          throw explain(cluster, error);
        }
      }
    }
    await delay(POLL_MS);
  }
  throw new EmbeddedPostgresError(
    `not ready after ${START_TIMEOUT_MS / 1000} s (${reason}). Its log is ${logFile(cluster)}; a ` +
      'long recovery goes on by itself, so try again later',
    { cause: reason },
  );
}

/** Undefined when no server of this cluster runs, or it can't be talked to. Starts nothing. */
export async function joinRunning({ cluster }: Server): Promise<Membership | undefined> {
  const running = await readPostmaster(cluster);
  if (!running?.ready || !(await isPostmasterOf(cluster, running.pid))) return undefined;
  const presence = await join(cluster, running.port).catch(() => undefined);
  return presence && { presence, port: running.port };
}

/** The last one out turns off the light. */
export async function leave(server: Server, { presence }: Membership): Promise<void> {
  await presence.leave(async () => {
    const running = await readPostmaster(server.cluster);
    if (running && (await isPostmasterOf(server.cluster, running.pid))) {
      await shutDown(server, running.pid);
    }
  });
}

/** Its pid, why it failed when trying again can help, or undefined when somebody was faster. */
function startAnew(server: Server, deadline: number): Promise<number | string | undefined> {
  const { cluster, user } = server;
  return whileOnlyStarter(cluster, user, async () => {
    const left = await readPostmaster(cluster);
    if (left && (await isPostmasterOf(cluster, left.pid))) return undefined;
    if (left) await disownPidFile(cluster, left.pid, user);
    const port = await chooseFreePort(cluster);
    const started = await startPostmaster({ ...server, port, deadline });
    if (typeof started === 'number' || PASSING_FAILURE.test(started)) return started;
    throw new EmbeddedPostgresError(
      `it did not start. The end of ${logFile(cluster)} says why:\n${started.slice(-1500)}`,
    );
  });
}

async function enter(cluster: Cluster, port: number): Promise<Presence | undefined> {
  const presence = await join(cluster, port);
  try {
    await presence?.createDatabase(DATABASE);
    return presence;
  } catch (error) {
    await presence?.leave(async () => undefined);
    throw error;
  }
}

/** A lost connection, or one that is refused because the server is starting, stopping or full. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  return /^(57|53300)/.test(error.code ?? '');
}

function explain({ directory }: Cluster, cause: unknown): EmbeddedPostgresError {
  const refused = cause instanceof pg.DatabaseError && cause.code?.startsWith('28');
  const what = refused
    ? 'refuses the password in tenantry.password: put back the one that it was made with'
    : `can't be used (${cause}): mend that`;
  return new EmbeddedPostgresError(
    `the server in ${directory} ${what}, or move the directory away to start with an empty database`,
    { cause },
  );
}

/** SIGINT asks Postgres for a fast shutdown: end the sessions, write everything, exit. */
async function shutDown({ cluster, log }: Server, pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (await isPostmasterOf(cluster, pid)) {
    if (Date.now() > deadline) {
      log(`Postgres is still shutting down after ${STOP_TIMEOUT_MS / 1000} s (pid ${pid})`);
      return;
    }
    await delay(POLL_MS);
  }
}
