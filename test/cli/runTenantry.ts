import { execFile } from 'node:child_process';

export interface Run {
  code: number | string;
  stdout: string;
  stderr: string;
}

/** Runs the command line in a process of its own; the environment is what is given and nothing else. */
export function runTenantry(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...environment };
    execFile(process.execPath, ['src/cli/main.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
