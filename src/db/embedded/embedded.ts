import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openCluster } from './cluster.ts';
import { prepareNative } from './native.ts';
import { chooseOsUser } from './osUser.ts';
import {
  DATABASE,
  joinRunning,
  leave,
  type Membership,
  type Server,
  startOrJoin,
} from './server.ts';

const MAX_RETRY_MS = 30_000;

export interface EmbeddedPostgresOptions {
  /** Made when missing. The cluster is `<dataDir>/postgres`, or what a link of that name leads to. */
  readonly dataDir: string;
  readonly onLog?: (line: string) => void;
  /** Server settings in case this call starts it, `{ fsync: 'off' }` for tests, say. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** `postgresql://postgres:…@127.0.0.1:PORT/tenantry`, a superuser: to migrate with, never to serve with. */
  readonly url: string;
  /** Close your own connections first. Shuts Postgres down unless others are connected. */
  stop(): Promise<void>;
}

/**
 * A real Postgres on a free port of 127.0.0.1, shared by all processes that call this with the
 * same `dataDir`: the first starts it, later ones join it, also one whose starter was killed, and
 * the last to call `stop` shuts it down. It outlives any of them (Ctrl-C, SIGKILL), keeps none
 * from exiting, and is started again on the same port when it dies under them.
 *
 * @throws EmbeddedPostgresError with what to do about it.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const settings = options.settings ?? {};
  const log = options.onLog ?? (() => undefined);
  const user = await chooseOsUser(join(dataDir, 'postgres'));
  const native = await prepareNative(user, log);
  const durable = settings.fsync !== 'off';
  const cluster = await openCluster({ dataDir, native, user, durable, log });
  const server = { cluster, native, user, settings, log };
  const membership = await startOrJoin(server);
  return {
    url: `postgresql://postgres:${cluster.password}@127.0.0.1:${membership.port}/${DATABASE}`,
    stop: stay(server, membership),
  };
}

/** Stays a member of the server, through its deaths, until the function that this answers is called. */
function stay(server: Server, first: Membership): () => Promise<void> {
  const { log } = server;
  const leaving = new AbortController();
  let membership: Membership | undefined;
  let rejoining: Promise<void> | undefined;
  let left: Promise<void> | undefined;

  const enter = (entered: Membership) => {
    membership = entered;
    void entered.presence.lost.then(() => {
      membership = undefined;
      if (!leaving.signal.aborted) rejoining = rejoin();
    });
  };

  const rejoin = async () => {
    log('lost Postgres; joining it again, or starting it if it died');
    for (let wait = 250; !leaving.signal.aborted; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      try {
        const again = await startOrJoin(server);
        if (again.port !== first.port)
          log(`its port changed to ${again.port}: restart this process`);
        return enter(again);
      } catch (error) {
        log(String(error));
      }
      await delay(wait, undefined, { ref: false, signal: leaving.signal }).catch(() => undefined);
    }
  };

  const stop = () => {
    left ??= (async () => {
      process.removeListener('beforeExit', stop);
      leaving.abort();
      await rejoining;
      membership ??= await joinRunning(server);
      if (membership) await leave(server, membership);
    })();
    return left;
  };

  enter(first);
  // A command that just comes to its end, without calling stop, should leave nothing running.
  process.once('beforeExit', stop);
  return stop;
}
