/**
 * Of calls with one key, one is under way in a process; the others wait for it in memory. Postgres would
 * keep them in order alone, each on a connection of the pool: ten doubles of a slow call were all that
 * it has, and every other business waited with them.
 */
export interface KeysUnderWay {
  /** Runs `work` when no other of that name is running; null: that took longer than the patience. */
  inTurn<T>(name: string, work: () => Promise<T>): Promise<T | null>;
}

/** As long as lock_timeout lets those wait that come to another instance. */
const patienceMilliseconds = 5_000;

export function trackKeys(patience = patienceMilliseconds): KeysUnderWay {
  const running = new Map<string, Promise<unknown>>();
  return {
    async inTurn(name, work) {
      const deadline = performance.now() + patience;
      for (let other = running.get(name); other !== undefined; other = running.get(name)) {
        if (!(await endsBefore(deadline, other))) return null;
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

async function endsBefore(deadline: number, work: Promise<unknown>): Promise<boolean> {
  const timer = Promise.withResolvers<boolean>();
  const timeout = setTimeout(timer.resolve, Math.max(0, deadline - performance.now()), false);
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}
