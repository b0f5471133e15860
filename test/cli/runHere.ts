import { vi } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Run } from '../support/runProgram.ts';

/**
 * Runs the command line in this process: a process of its own takes a second to load, and most of what
 * is to be seen is the same. One at a time, for there is one stdout.
 */
export async function runHere(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Run> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk, encodingOrDone, done) => {
      said[name] += String(chunk);
      const written = typeof encodingOrDone === 'function' ? encodingOrDone : done;
      written?.();
      return true;
    }),
  );
  spies.push(
    vi.spyOn(console, 'error').mockImplementation((message) => {
      said.stderr += `${message}\n`;
    }) as never,
  );
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    return { code: await runCommandLine(args), ...said };
  } finally {
    process.exitCode = undefined;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}
