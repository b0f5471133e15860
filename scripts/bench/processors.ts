import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which processors who may use, as taskset's lists; undefined: anybody anywhere. */
export interface Processors {
  readonly server: string | undefined;
  readonly postgres: string | undefined;
  /** The load generator, pgbench, the proxy and the bench itself. */
  readonly load: string | undefined;
  readonly explanation: string;
}

/** For a run that measures no speed: it leaves the processors to whoever does. */
export const unpinned: Processors = {
  server: undefined,
  postgres: undefined,
  load: undefined,
  explanation: 'Nothing is pinned.',
};

/**
 * From four processors on, the server under test has the first to itself, the load the last, and
 * Postgres what is between. All servers are one process each, on the same processor, one at a time.
 */
export function shareProcessors(): Processors {
  const count = availableParallelism();
  if (spawnSync('taskset', ['--version']).status !== 0) {
    return { ...unpinned, explanation: 'taskset is missing: nothing is pinned.' };
  }
  if (count < 4) return { ...unpinned, explanation: `${count} processors: nothing is pinned.` };
  const shares = { server: '0', postgres: `1-${count - 2}`, load: `${count - 1}` };
  return {
    ...shares,
    explanation: `Server under test on processor ${shares.server}, Postgres on ${shares.postgres}, load, pgbench and proxy on ${shares.load}.`,
  };
}

/** Pins a running process and its threads; children that it starts later inherit it. */
export function pin(pid: number | undefined, list: string | undefined): void {
  if (pid === undefined || list === undefined) return;
  spawnSync('taskset', ['-a', '-c', '-p', list, String(pid)]);
}
