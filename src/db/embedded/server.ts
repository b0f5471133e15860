import { setTimeout as delay } from 'node:timers/promises';
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

/** Recovery after a crash reads the log since the last checkpoint: seconds, seldom a minute. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** Another process was faster; a program took the port; a killed server's backends are still ending. */
const PASSING_FAILURE =
  /lock file "postmaster.pid"|could not bind|could not create any TCP|pre-existing shared memory/;

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
 * recovering or stopping it. Postgres itself sees to it that one directory has one server.
 */
export async function startOrJoin(server: Server): Promise<Membership> {
  const { cluster, log } = server;
  const deadline = Date.now() + START_TIMEOUT_MS;
  let startedPid: number | undefined;
  let reason: unknown = 'it is starting or stopping';
  while (Date.now() < deadline) {
    const running = await readPostmaster(cluster);
    if (!running || !(await isPostmasterOf(cluster, running.pid))) {
      const started = await startAnew(server, running?.pid, deadline);
      if (typeof started === 'number') startedPid = started;
      else reason = started;
    } else if (running.ready) {
      try {
        const presence = await join(cluster, running.port);
        if (presence) {
          if (running.pid !== startedPid) log(`joined the Postgres that runs (pid ${running.pid})`);
          return { presence, port: running.port };
        }
      } catch (error) {
        if (isRefused(error)) {
          if (running.pid === startedPid) await shutDown(server, running.pid);
          throw refused(cluster, error);
        }
        reason = error;
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

/** Its pid, or why it failed when trying again can help. */
async function startAnew(
  server: Server,
  stalePid: number | undefined,
  deadline: number,
): Promise<number | string> {
  const { cluster, user } = server;
  if (stalePid) await disownPidFile(cluster, stalePid, user);
  const port = await chooseFreePort(cluster);
  const started = await startPostmaster({ ...server, port, deadline });
  if (typeof started === 'number' || PASSING_FAILURE.test(started)) return started;
  throw new EmbeddedPostgresError(
    `it did not start. The end of ${logFile(cluster)} says why:\n${started.slice(-1500)}`,
  );
}

function isRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '28P01' || code === '28000';
}

function refused({ directory }: Cluster, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `the server in ${directory} refuses the password in tenantry.password: put back the one that ` +
      'it was made with, or move the directory away to start with an empty database',
    { cause },
  );
}

/** SIGINT asks Postgres for a fast shutdown: end the sessions, write everything, exit. */
async function shutDown({ cluster, log }: Server, pid: number): Promise<void> {
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
