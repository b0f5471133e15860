import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { makeTemporary } from './temporary.ts';

/** A redis-server of a test's own, on a free port of this machine, that keeps nothing on disk. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; it forgets everything. */
  kill(): Promise<void>;
  /** Answers nothing any more, while its connections stay open; and goes on. */
  freeze(): void;
  thaw(): void;
  /** On the same port, after `kill`. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const program = 'redis-server';

/**
 * Whether there is one. A laptop without it skips these tests, and says so; .ci/run installs it, and there
 * a test that could not run has failed.
 */
export const hasRedis = spawnSync(program, ['--version']).status === 0;

export const requireRedis = (): void => {
  if (!hasRedis && process.env.TENANTRY_CI_RUN !== undefined) {
    throw new Error('redis-server is not installed: .ci/run should have done that');
  }
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const directory = await makeTemporary('tenantry-redis-');
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn(
      program,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    child = started;
    const ready = Promise.withResolvers<void>();
    let output = '';
    started.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready to accept connections')) ready.resolve();
    });
    started.once('close', () => ready.reject(new Error(`redis-server ended:\n${output}`)));
    await ready.promise;
  }

  async function kill(): Promise<void> {
    const ended = child;
    child = null;
    if (ended === null) return;
    ended.kill('SIGKILL');
    await once(ended, 'close');
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    start,
    async close() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
