import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { compileCache } from './runProgram.ts';

const program = fileURLToPath(new URL('./embeddedProcess.ts', import.meta.url));
const opened: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

/** Starts or joins the embedded database in this process. */
export async function start(
  dataDir: string,
  onLog?: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const embedded = await startEmbeddedPostgres({ dataDir, ...(onLog && { onLog }) });
  opened.push(embedded);
  return embedded;
}

/** Another process, which will call that in a moment. */
export function forkProcess(dataDir: string, options?: { detached: boolean }): ChildProcess {
  const env = { ...process.env, ...compileCache };
  return killAtTheEnd(
    fork(program, [dataDir], { ...options, env, execArgv: [], stdio: 'inherit' }),
  );
}

/** Another process that has. */
export async function startProcess(
  dataDir: string,
  options?: { detached: boolean },
): Promise<{ child: ChildProcess; url: string }> {
  const child = forkProcess(dataDir, options);
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return { child, url: message.url };
}

/** Answers with its exit code and the signal that ended it. */
export async function tell(child: ChildProcess, message: 'stop' | 'end'): Promise<unknown[]> {
  const gone = once(child, 'exit');
  child.send(message);
  return gone;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

export function killAtTheEnd(child: ChildProcess): ChildProcess {
  children.push(child);
  return child;
}

/** For what a failed test left, so that the next one doesn't suffer for it. */
export async function stopEverything(): Promise<void> {
  for (const child of children.splice(0)) await kill(child);
  for (const embedded of opened.splice(0)) await embedded.stop();
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}
