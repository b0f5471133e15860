import { createClient } from '@redis/client';

/** What a Redis could not do in time, or at all. */
class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}

export interface RedisClient {
  /** Runs a script that the server may know already. Rejects with RedisUnavailable. */
  evaluate(
    script: RedisScript,
    keys: readonly string[],
    values: readonly string[],
  ): Promise<unknown>;
  /** Whether it answers; rejects with RedisUnavailable. */
  ping(): Promise<void>;
  close(): void;
}

export interface RedisScript {
  readonly source: string;
  /** Its SHA-1, hex: what a server that has seen it knows it by. */
  readonly sha1: string;
}

export interface RedisOptions {
  readonly url: string;
  /** Whoever waits for this waits in front of an operation. */
  readonly timeoutMs: number;
  /** A channel that is listened to on the same connection, and what is said there. */
  readonly channel?: string;
  readonly onMessage?: (message: string) => void;
}

const longestPauseMs = 1_000;
/** A start does not wait longer for a Redis that is not there. */
const connectMs = 1_000;

/**
 * One connection; resolves when it is there, or after a second. It comes back by itself. Nothing waits for it: what
 * is asked while it is away, or is not answered in time, is rejected at once, and nothing is sent later
 * that somebody has given up (`disableOfflineQueue`).
 */
export async function openRedis(options: RedisOptions): Promise<RedisClient> {
  const { url, timeoutMs, channel, onMessage } = options;
  const client = createClient({
    url,
    name: 'tenantry',
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectMs,
      keepAlive: true,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 5), longestPauseMs),
    },
  });
  // What is asked says that it is away; without a listener the process would end.
  client.on('error', () => undefined);
  const connected = client.connect().catch(() => undefined);
  if (channel !== undefined && onMessage !== undefined) {
    // Subscribed anew by the client itself whenever it comes back.
    client.on('ready', () => {
      client.subscribe(channel, onMessage).catch(() => undefined);
    });
  }

  async function inTime<T>(work: Promise<T>, ms = timeoutMs): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    // What came while this process was busy is read first (setImmediate): timers come before sockets.
    const timer = setTimeout(() => {
      setImmediate(() => reject(new RedisUnavailable(`no answer within ${ms} ms`)));
    }, ms);
    try {
      return await Promise.race([work, promise]);
    } catch (error) {
      if (error instanceof RedisUnavailable) throw error;
      throw new RedisUnavailable((error as Error).message, { cause: error });
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  await inTime(connected, connectMs).catch(() => undefined);
  return {
    async evaluate({ source, sha1 }, keys, values) {
      const given = { keys: [...keys], arguments: [...values] };
      return inTime(
        client.evalSha(sha1, given).catch((error: Error) => {
          if (!error.message.startsWith('NOSCRIPT')) throw error;
          return client.eval(source, given);
        }),
      );
    },
    async ping() {
      await inTime(client.ping());
    },
    close() {
      client.destroy();
    },
  };
}
