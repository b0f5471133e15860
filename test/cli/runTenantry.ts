import { type Run, runProgram } from '../support/runProgram.ts';

/** Runs the command line in a process of its own; the environment is what is given and nothing else. */
export const runTenantry = (
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Run> => runProgram('src/cli/main.ts', environment, ...args);
