import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compileCache } from './runProgram.ts';
import { makeTemporary } from './temporary.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `node src/main.ts`, as `npm start` runs it, with an environment of its own and nothing else. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Both streams, so far. */
  output(): string;
  /** Its address, once it serves; rejects with its output when it ends before. */
  readonly url: Promise<string>;
  /** How it ended; null for the code when a signal did it. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Sends the signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ code: number | null; signal: string | null }>;
}

export function spawnServer(environment: Readonly<Record<string, string>>): ServerProcess {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, NODE_ENV: 'test', PORT: '0' },
      ...compileCache,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const url = Promise.withResolvers<string>();
  const note = (chunk: Buffer): void => {
    output += chunk.toString();
    const found = /Tenantry is at (http\S+)\/graphql\n/.exec(output)?.[1];
    if (found !== undefined) url.resolve(found);
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = once(child, 'close').then(([code, signal]) => {
    url.reject(new Error(`The server ended (${code ?? signal}):\n${output}`));
    return { code, signal };
  });
  url.promise.catch(() => undefined); // a test may want its end only
  return {
    child,
    output: () => output,
    url: url.promise,
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** A directory for a server's keys or database. */
export async function makeDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await makeTemporary('tenantry-server-');
  return { path: directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
