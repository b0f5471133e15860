import type { HangUp } from '../../db/hangUp.ts';

/**
 * Of calls with one key, one is under way in a process; the others wait for it in memory. Postgres would
 * keep them in order alone, each on a connection of the pool: ten doubles of a slow call were all that
 * it has, and every other business waited with them.
 */
export interface KeysUnderWay {
  /**
   * Runs `work` when no other of that name is running; null: that took longer than the patience, or the
   * client has hung up.
   */
  inTurn<T>(name: string, signal: HangUp, work: () => Promise<T>): Promise<T | null>;
}

/** As long as lock_timeout lets those wait that come to another instance. */
const patienceMilliseconds = 5_000;

export function trackKeys(patience = patienceMilliseconds): KeysUnderWay {
  const running = new Map<string, Promise<unknown>>();
  return {
    async inTurn(name, signal, work) {
      const deadline = performance.now() + patience;
      for (let other = running.get(name); other !== undefined; other = running.get(name)) {
        if (!(await endsBefore(deadline, other, signal))) return null;
      }
      const mine = work();
      running.set(name, mine);
      try {
        return await mine;
      } finally {
        running.delete(name);
      }
    },
  };
}

async function endsBefore(
  deadline: number,
  work: Promise<unknown>,
  signal: HangUp,
): Promise<boolean> {
  const given = Promise.withResolvers<boolean>();
  const giveUp = (): void => given.resolve(false);
  const timeout = setTimeout(giveUp, Math.max(0, deadline - performance.now()));
  signal.addEventListener('abort', giveUp);
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return !signal.aborted && (await Promise.race([ended, given.promise]));
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener('abort', giveUp);
  }
}
