import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../logger.ts';
import { stopMessage, type WorkerMessage } from './messages.ts';
import { ServerProcessFailed } from './serverProcessFailed.ts';

export interface Workers {
  /** Of the port that they share. */
  readonly url: string;
  /** Lets each answer what it has; false when one had to be ended or ended with an error. */
  stop(): Promise<boolean>;
  /** Ends all at once. */
  kill(): void;
  /** Rejects when none can be kept alive. */
  readonly failed: Promise<never>;
}

export interface WorkersOptions {
  readonly count: number;
  /** 0: the first to listen gets a free one, and the others the same. */
  readonly port: number;
  /** On top of this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** Is filled anew when its process ends. */
interface Place {
  worker: Worker | null;
  state: 'empty' | 'starting' | 'serving' | 'leaving';
  /** In a row: processes that ended before they had served for `steadyMs`. */
  failures: number;
  /** Until it is filled, or steady. */
  timer: NodeJS.Timeout | undefined;
}

const steadyMs = 10_000;
const mostFailures = 3;
const firstWaitMs = 100;
const longestWaitMs = 30_000;
/** More than a process takes to stop in order (drain.ts), less than orchestrators' 30 s. */
const longestStopMs = 29_000;

/**
 * Starts server processes and replaces those that end, later each time while they end at once. One
 * that can't start while another serves is tried for ever, for what it misses may come back; when
 * all of them keep ending, so does the server. Resolves when all serve; rejects (ServerProcessFailed)
 * when one of the first ones can't, with what it said.
 */
export async function keepWorkers(options: WorkersOptions): Promise<Workers> {
  const { logger } = options;
  // They have our environment: the file is read once, and only one process says that there is none.
  const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--env-file'));
  cluster.setupPrimary({ execArgv });
  const places = Array.from(
    { length: options.count },
    (): Place => ({ worker: null, state: 'empty', failures: 0, timer: undefined }),
  );
  const started = Promise.withResolvers<string>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // it may fail before anybody looks
  let { port } = options;
  let url: string | undefined;
  let starting = true;
  let stopping = false;

  function fill(place: Place): void {
    // A port that the system chose is let go with the last process that listens on it.
    if (url !== undefined && !places.some(({ state }) => state === 'serving'))
      port = Number(new URL(url).port);
    const worker = cluster.fork({ ...options.environment, PORT: String(port) });
    let reason = '';
    place.worker = worker;
    place.state = 'starting';
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'serving') serves(place, worker, message.url);
      else if (message.kind === 'leaving') letGo(place, worker);
      else reason = message.reason;
    });
    void endOf(worker).then((how) => ended(place, worker, { how, reason }));
  }

  function serves(place: Place, worker: Worker, at: string): void {
    url ??= at;
    if (at !== url) {
      // The last of those who shared a port ended between its start and its listening.
      worker.process.kill('SIGKILL');
      return;
    }
    place.state = 'serving';
    logger.info({ worker: worker.process.pid }, 'a server process serves');
    place.timer = setTimeout(() => {
      place.failures = 0;
    }, steadyMs);
    if (!starting || !places.every(({ state }) => state === 'serving')) return;
    starting = false;
    started.resolve(url);
  }

  function ended(
    place: Place,
    worker: Worker,
    end: { how: number | string; reason: string },
  ): void {
    // In order: somebody sent a signal to it alone.
    const inOrder = place.state === 'leaving' && end.how === 0;
    clearTimeout(place.timer);
    place.worker = null;
    place.state = 'empty';
    if (stopping) return;
    if (!inOrder) place.failures += 1;
    logger[inOrder ? 'info' : 'error'](
      { worker: worker.process.pid, ...end, failures: place.failures },
      'a server process ended',
    );
    const why = end.reason || `A server process ended (${end.how}).`;
    if (starting) return giveUp(why);
    if (places.every(({ failures }) => failures >= mostFailures)) {
      return giveUp(`Server processes end as soon as they start, ${mostFailures} in a row. ${why}`);
    }
    const wait = Math.min(firstWaitMs * 2 ** (place.failures - 1), longestWaitMs);
    place.timer = setTimeout(() => fill(place), place.failures === 0 ? 0 : wait);
  }

  /**
   * No connection is handed to it any more, and it finishes those that were. It must not close its side
   * first: what Node hands over at that moment comes back, and hangs when nobody else takes it.
   */
  function letGo(place: Place, worker: Worker): void {
    place.state = 'leaving';
    worker.send(stopMessage, () => undefined); // it may have died
    worker.disconnect();
  }

  function giveUp(sentence: string): void {
    stopping = true;
    kill();
    const error = new ServerProcessFailed(sentence);
    started.reject(error);
    failure.reject(error);
  }

  function kill(): void {
    for (const { worker, timer } of places) {
      clearTimeout(timer);
      worker?.process.kill('SIGKILL');
    }
  }

  async function stop(): Promise<boolean> {
    stopping = true;
    const ends = places.flatMap(({ worker, state }) =>
      worker && state !== 'starting' ? [endOf(worker)] : [],
    );
    for (const place of places) {
      clearTimeout(place.timer);
      if (place.worker && place.state === 'serving') letGo(place, place.worker);
      // It has been asked nothing yet.
      if (place.state === 'starting') place.worker?.process.kill('SIGKILL');
    }
    const deadline = setTimeout(kill, longestStopMs);
    const codes = await Promise.all(ends);
    clearTimeout(deadline);
    return codes.every((code) => code === 0);
  }

  for (const place of places) fill(place);
  return { url: await started.promise, stop, kill, failed: failure.promise };
}

/** Its exit code, the signal that ended it, or why it could not be started. All it said was heard by then. */
function endOf(worker: Worker): Promise<number | string> {
  return new Promise((resolve) => {
    worker.once('exit', (code, signal) => {
      const how = signal ?? code;
      if (worker.isConnected()) worker.once('disconnect', () => resolve(how));
      else resolve(how);
    });
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) resolve(error.message);
    });
  });
}
