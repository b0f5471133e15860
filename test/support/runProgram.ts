import { execFile } from 'node:child_process';

export interface Run {
  code: number | string;
  stdout: string;
  stderr: string;
}

/** Runs a program of ours in a process of its own; the environment is what is given and nothing else. */
export function runProgram(
  file: string,
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...environment };
    execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}
