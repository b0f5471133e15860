import { parseArgs } from 'node:util';
import { type GrowthWorkloadName, growthWorkloadNames } from './growth/growthWorkloads.ts';
import { type WorkloadName, workloadNames } from './workloads.ts';

export interface Options {
  readonly only: readonly WorkloadName[];
  readonly connections: readonly number[];
  /** Milliseconds; 0: no proxy in between. */
  readonly delays: readonly number[];
  readonly rounds: number;
  /** Measured, of each round of each target. */
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly poolSize: number;
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly pgbench: string | undefined;
  readonly profile: string | undefined;
  /** Minutes; undefined: no soak. */
  readonly soak: number | undefined;
  /** Requests a second of the soak. */
  readonly rate: number;
  readonly growth: boolean;
  readonly growthOnly: readonly GrowthWorkloadName[];
  /** Where the databases of `growth` stay; undefined: they are removed. */
  readonly keep: string | undefined;
  readonly search: boolean;
  readonly help: boolean;
}

export const usage = `npm run bench -- [options]
  --quick               three rounds of a second, 1 and 16 connections, a smaller database
  --only a,b            of ${workloadNames.join(', ')}
  --connections 1,16,64
  --delay 0,1           milliseconds between server and Postgres; 0: none
  --rounds 5            of each cell of the table
  --seconds 2           measured in each round
  --pool 10             connections to Postgres of each server
  --json FILE           everything that was measured
  --pgbench FILE        the pgbench to use
  --profile DIRECTORY   don't compare: profile this server on the products and the nested page
  --soak MINUTES        don't compare: does this server's memory stay flat under a mixed load
  --rate 200            requests a second of the soak
  --growth              don't compare: the same tenant among 10, 1 000 and 10 000 and beside 10 million
                        messages, in databases of a tenth with --quick; --only knows
                        ${growthWorkloadNames.join(', ')}
  --keep DIRECTORY      where the databases of --growth stay for the next run
  --search              don't compare: searches at 200 000 products and a million messages
  BENCH_DATABASE_URL    a Postgres of yours, where a database of its own is made and removed`;

/** Throws a sentence when an option is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      connections: { type: 'string' },
      delay: { type: 'string', default: '0,1' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      pool: { type: 'string', default: '10' },
      json: { type: 'string' },
      pgbench: { type: 'string' },
      profile: { type: 'string' },
      soak: { type: 'string' },
      rate: { type: 'string', default: '200' },
      growth: { type: 'boolean', default: false },
      keep: { type: 'string' },
      search: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, growth } = values;
  const seconds = numbers('--seconds', values.seconds ?? (quick ? '1' : '2'), 0.1)[0] ?? 1;
  return {
    only: choose(workloadNames, growth ? undefined : values.only),
    growth,
    growthOnly: choose(growthWorkloadNames, growth ? values.only : undefined),
    keep: values.keep,
    connections: numbers('--connections', values.connections ?? (quick ? '1,16' : '1,16,64'), 1),
    delays: numbers('--delay', values.delay, 0),
    rounds: numbers('--rounds', values.rounds ?? (quick ? '3' : '5'), 1)[0] ?? 1,
    seconds,
    warmSeconds: seconds / 4,
    poolSize: numbers('--pool', values.pool, 1)[0] ?? 10,
    quick,
    json: values.json,
    pgbench: values.pgbench,
    profile: values.profile,
    soak: values.soak === undefined ? undefined : numbers('--soak', values.soak, 1)[0],
    rate: numbers('--rate', values.rate, 1)[0] ?? 200,
    search: values.search,
    help: values.help,
  };
}

function choose<Name extends string>(known: readonly Name[], only: string | undefined): Name[] {
  if (only === undefined) return [...known];
  return only.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`--only knows ${known.join(', ')}.`);
    return found;
  });
}

function numbers(name: string, text: string, least: number): number[] {
  const found = text.split(',').map(Number);
  if (found.some((number) => !(number >= least))) {
    throw new Error(`${name} is expected to be numbers of ${least} or more, such as ${name} 1,16.`);
  }
  return found;
}
