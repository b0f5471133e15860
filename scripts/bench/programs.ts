import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program {
  readonly process: ChildProcess;
  /** As it printed it, path included. */
  readonly url: string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
/** Those that end because they were told to. */
const stopping = new WeakSet<ChildProcess>();

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly processors: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts a Node process, pinned. It gets an environment of its own: nothing of the caller's but PATH. */
export function startNode(
  { args, processors, env, cwd }: ProgramOptions,
  path: string,
  stdio: 'pipe' | 'ipc' = 'pipe',
): ChildProcess {
  const [command, ...rest] = [
    ...(processors === undefined ? [] : ['taskset', '-c', processors]),
    process.execPath,
    ...args,
  ];
  const child = spawn(command ?? '', rest, {
    env: { PATH: path, ...env },
    stdio: stdio === 'ipc' ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts one that prints "… is at <url>" when it is ready, and goes on reading what it prints. */
export async function startProgram(options: ProgramOptions, path: string): Promise<Program> {
  const child = startNode(options, path);
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => {
    errors = `${errors}${text}`.slice(-4_000);
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const found = / is at (\S+:\/\/\S+)$/.exec(line)?.[1];
      if (found === undefined) {
        printed = `${printed}${line}\n`.slice(-4_000);
        return;
      }
      resolve(found);
      // From here on only drained: to look at a log line for every request would cost as much as to ask.
      lines.close();
      child.stdout?.removeAllListeners('data').resume();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const [program = ''] = options.args.filter((arg) => arg.endsWith('.ts'));
      const ended = `${program} ended by itself, with ${code ?? signal}. ${printed}${errors}`;
      if (!stopping.has(child)) console.error(ended);
      reject(new Error(ended));
    });
  });
  return { process: child, url, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  stopping.add(child);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(timer);
}

/** Whatever is left, also after Ctrl-C. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}
