import pg from 'pg';
import { DatabaseUnavailable } from '../errors.ts';
import { Connection } from './connection.ts';
import { FastClient } from './fastClient.ts';
import type { Traffic } from './traffic.ts';

export type DatabaseEvent =
  | { type: 'connectionOpened' }
  | { type: 'connectionLost'; error: Error }
  | { type: 'connectionDestroyed'; reason: string }
  | { type: 'cancelSent' }
  | { type: 'commitInDoubt'; error: Error };

export interface PoolOptions {
  url: string;
  applicationName: string;
  poolSize: number;
  maxWaiting: number;
  acquireTimeoutMs: number;
  pipeline: boolean;
}

/** `isAdmitted`: it had a connection before, and through no fault of its own wants another: not refused for those that wait. */
export interface Admission {
  readonly isAdmitted?: boolean;
}

const idleTimeoutMillis = 30_000;

/** pg-pool with typed refusals, bounded waiters, and only connections at rest handed out. */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #options: PoolOptions;
  readonly #onEvent: (event: DatabaseEvent) => void;
  readonly #connections = new WeakMap<pg.PoolClient, Connection>();
  readonly #taken = new Set<Connection>();
  /** At rest and at hand: going through pg-pool for each operation costs 6 µs and a tick. */
  readonly #warm: Connection[] = [];
  #warmSweep: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<(error: DatabaseUnavailable) => void>();
  #closing: Promise<void> | undefined;

  constructor(
    options: PoolOptions,
    parts: { traffic: Traffic; onEvent: (event: DatabaseEvent) => void },
  ) {
    this.#options = options;
    this.#onEvent = parts.onEvent;
    this.#pool = new pg.Pool({
      Client: FastClient,
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.poolSize,
      connectionTimeoutMillis: options.acquireTimeoutMs,
      idleTimeoutMillis,
      keepAlive: true,
      pipeline: options.pipeline,
    });
    this.#pool.on('connect', (client) => {
      this.#connections.set(
        client,
        new Connection(client, { traffic: parts.traffic, pipeline: options.pipeline }),
      );
      parts.onEvent({ type: 'connectionOpened' });
    });
    // Connections that break while idle; the pool has dropped them by then.
    this.#pool.on('error', (error) => parts.onEvent({ type: 'connectionLost', error }));
  }

  get counts(): { total: number; idle: number; waiting: number } {
    const { totalCount: total, idleCount, waitingCount: waiting } = this.#pool;
    return { total, idle: idleCount + this.#warm.length, waiting };
  }

  /** Its connections take further batches while they have one. */
  get pipelines(): boolean {
    return this.#options.pipeline;
  }

  /** Somebody waits for a connection. */
  get isWanted(): boolean {
    return this.#pool.waitingCount > 0;
  }

  /** A connection that is at hand; undefined: `acquire` has to wait for one. */
  tryAcquire(): Connection | undefined {
    if (this.#closing !== undefined) return undefined;
    for (let next = this.#warm.pop(); next !== undefined; next = this.#warm.pop()) {
      if (next.isClean()) {
        this.#taken.add(next);
        return next;
      }
      this.destroy(next, 'not at rest when taken');
    }
    return undefined;
  }

  /** Rejects with DatabaseUnavailable: at once with too many waiters, otherwise within acquireTimeoutMs. */
  async acquire({ isAdmitted = false }: Admission = {}): Promise<Connection> {
    const deadline = Date.now() + this.#options.acquireTimeoutMs;
    for (;;) {
      const warm = this.tryAcquire();
      if (warm !== undefined) return warm;
      const connection = await this.#next(isAdmitted);
      if (connection.isClean()) {
        this.#taken.add(connection);
        return connection;
      }
      this.#onEvent({ type: 'connectionDestroyed', reason: 'not at rest when taken' });
      connection.destroy();
      if (Date.now() >= deadline) {
        throw new DatabaseUnavailable(
          'ACQUIRE_TIMED_OUT',
          'No usable database connection in time.',
        );
      }
    }
  }

  /** Gives a connection back if it is at rest, else destroys it. */
  release(connection: Connection): void {
    if (!connection.isClean()) {
      this.destroy(connection, 'not at rest when given back');
      return;
    }
    this.#taken.delete(connection);
    // pg-pool knows who waits for a connection.
    if (this.isWanted || this.#closing !== undefined) connection.release();
    else this.#keepWarm(connection);
  }

  #keepWarm(connection: Connection): void {
    connection.watch((error) => {
      const place = this.#warm.indexOf(connection);
      if (place === -1) return;
      this.#warm.splice(place, 1);
      connection.destroy();
      this.#onEvent({ type: 'connectionLost', error });
    });
    this.#warm.push(connection);
    // What was not needed for a while goes to pg-pool, which closes it in the end.
    this.#warmSweep ??= setTimeout(() => {
      this.#warmSweep = undefined;
      for (const unused of this.#warm.splice(0)) unused.release();
    }, idleTimeoutMillis).unref();
  }

  /** The same for one that somebody may have spoilt: then destroys it, and this is why. */
  giveBack(connection: Connection, spoilt: string | undefined): void {
    if (spoilt === undefined) this.release(connection);
    else this.destroy(connection, spoilt);
  }

  /** After an error answer: waits until the server is ready again, but not for ever. */
  releaseWhenReady(connection: Connection, timeoutMs: number): void {
    const timer = setTimeout(
      () => this.destroy(connection, 'an error, and then nothing came'),
      timeoutMs,
    );
    connection.whenReady(() => {
      clearTimeout(timer);
      if (this.#taken.has(connection)) this.release(connection);
    });
  }

  destroy(connection: Connection, reason: string): void {
    this.#taken.delete(connection);
    connection.destroy();
    this.#onEvent({ type: 'connectionDestroyed', reason });
  }

  /** Refuses new and waiting users at once; destroys connections still in use after graceMs. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    for (const refuse of this.#waiting) refuse(closed());
    clearTimeout(this.#warmSweep);
    for (const connection of this.#warm.splice(0)) connection.release();
    const timer = setTimeout(() => {
      for (const connection of this.#taken) this.destroy(connection, 'the database is closing');
    }, graceMs);
    await this.#pool.end();
    clearTimeout(timer);
  }

  #next(isAdmitted: boolean): Promise<Connection> {
    if (this.#closing !== undefined) return Promise.reject(closed());
    const { poolSize, maxWaiting } = this.#options;
    // Counted here: pg-pool counts neither those that a new connection is being made for, nor ends.
    const isFull = this.#taken.size + this.#waiting.size >= poolSize + maxWaiting;
    if (isFull && !isAdmitted) {
      return Promise.reject(
        new DatabaseUnavailable(
          'TOO_MANY_WAITERS',
          'Too many operations wait for a database connection.',
        ),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    this.#waiting.add(reject);
    this.#pool.connect((error, client) => {
      const wanted = this.#waiting.delete(reject) && this.#closing === undefined;
      const connection = client && this.#connections.get(client);
      if (connection === undefined) return reject(unavailable(error));
      connection.take();
      if (wanted) resolve(connection);
      else connection.release();
    });
    return promise;
  }
}

function closed(): DatabaseUnavailable {
  return new DatabaseUnavailable('CLOSED', 'The database is closed.');
}

function unavailable(error: Error | undefined): DatabaseUnavailable {
  return error?.message === 'timeout exceeded when trying to connect'
    ? new DatabaseUnavailable(
        'ACQUIRE_TIMED_OUT',
        'No database connection came free in time.',
        error,
      )
    : new DatabaseUnavailable('CONNECT_FAILED', 'The database could not be reached.', error);
}
