import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Sample, summarize } from './load.ts';
import type { RoundTrip, SentStatement } from './network/wire.ts';

export const howToGetPgbench =
  'pgbench was not found, so the ratios to it are left out. It comes with Postgres itself: Debian ' +
  'and Ubuntu have it in "postgresql-contrib", Homebrew in "libpq"; or name it with --pgbench FILE. ' +
  'The embedded Postgres brings none.';

/** The newest installed; undefined when there is none. */
export function findPgbench(given: string | undefined): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => +b - +a) : [];
  const places = versions.map((version) => join(debian, version, 'bin/pgbench'));
  const candidates = given === undefined ? [...places, 'pgbench'] : [given];
  return candidates.find((file) => spawnSync(file, ['--version']).status === 0);
}

/** A script for pgbench's -f, and its -D variables. */
export interface PgbenchScript {
  readonly text: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * What a server sent for one operation, as a script: the same statements with the same values in the
 * same round trips, where several in one become a pipeline. Values are variables, never part of the
 * text, so pgbench prepares exactly what the server prepared. `another`: the same operation once more;
 * values that differ from it (new ids, the SKU) must differ each time and are made up by the script.
 */
export function toScript(
  roundTrips: readonly RoundTrip[],
  another: readonly RoundTrip[],
): PgbenchScript {
  const variables: Record<string, string> = {};
  const lines: string[] = ['\\set unique random(1, 1000000000000)'];
  for (const [turn, statements] of roundTrips.entries()) {
    const pipelined = statements.length > 1;
    if (pipelined) lines.push('\\startpipeline');
    for (const [place, statement] of statements.entries()) {
      const twin = another[turn]?.[place];
      if (twin?.text !== statement.text) throw new Error('the operation ran differently twice');
      lines.push(`${inline(statement, twin, `t${turn}p${place}v`, variables)};`);
    }
    if (pipelined) lines.push('\\endpipeline');
  }
  return { text: `${lines.join('\n')}\n`, variables };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function inline(
  { text, values }: SentStatement,
  twin: SentStatement,
  prefix: string,
  variables: Record<string, string>,
): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\$(\d+)/g, (_match, digits: string) => {
    const index = Number(digits) - 1;
    const value = values[index] ?? null;
    if (value === null) return 'null';
    if (value !== twin.values[index] && uuid.test(value)) return 'gen_random_uuid()';
    if (value !== twin.values[index] && value.startsWith('NEW-')) {
      return `('NEW-' || (:unique)::bigint)`;
    }
    variables[`${prefix}${digits}`] = value;
    return `:${prefix}${digits}`;
  });
}

export interface PgbenchRun {
  readonly program: string;
  readonly databaseUrl: string;
  readonly script: PgbenchScript;
  readonly connections: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** An empty directory of its own, made and removed here. */
  readonly scratch: string;
  readonly processors: string | undefined;
}

/**
 * Runs the script with prepared statements, one connection to Postgres for each client, and reads
 * every transaction's time from the log. Throws when a transaction failed. Each client has its thread:
 * a thread stands still while a statement is prepared, and 64 clients in one had a p99 of 624 ms on
 * the nested page at 1 ms of delay, where it is 38.
 */
export async function runPgbench(run: PgbenchRun): Promise<Sample> {
  const { program, scratch, processors, seconds } = run;
  await mkdir(scratch);
  try {
    const file = join(scratch, 'script.sql');
    await writeFile(file, run.script.text);
    const total = Math.ceil(seconds + run.warmSeconds);
    const args = [
      ...(processors === undefined ? [] : ['-c', processors, program]),
      ...[
        '-n',
        '-M',
        'prepared',
        '-c',
        `${run.connections}`,
        '-j',
        `${run.connections}`,
        '-T',
        `${total}`,
      ],
      ...['-l', `--log-prefix=${join(scratch, 'log')}`],
      ...['-f', file],
      ...Object.entries(run.script.variables).flatMap(([name, value]) => [
        '-D',
        `${name}=${value}`,
      ]),
      run.databaseUrl,
    ];
    const command = processors === undefined ? program : 'taskset';
    await promisify(execFile)(command, args, { maxBuffer: 64_000_000 });
    return await readLogs(scratch, seconds);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The last `seconds` of the log: what comes before is connecting, preparing and warming up. */
async function readLogs(folder: string, seconds: number): Promise<Sample> {
  const times: { at: number; ms: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith('log')) continue;
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      // client, transaction, microseconds, script, seconds and microseconds of its end
      const [, , micros, , second, rest] = line.split(' ');
      if (rest === undefined) continue;
      times.push({ at: Number(second) + Number(rest) / 1e6, ms: Number(micros) / 1000 });
    }
  }
  const end = times.reduce((latest, { at }) => Math.max(latest, at), 0);
  const measured = times.filter(({ at }) => at > end - seconds).map(({ ms }) => ms);
  if (measured.length === 0) throw new Error('pgbench finished no transaction');
  return summarize(measured, seconds, { errors: 0, firstError: null, generatorBusy: 0 });
}
