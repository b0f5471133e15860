import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadJob, Sample } from './load.ts';
import { median } from './run.ts';

export const targetNames = ['tenantry', 'postgraphile', 'pgbench'] as const;
export type TargetName = (typeof targetNames)[number];

/** Something that can be loaded with one workload at one delay. */
export interface Target {
  readonly name: TargetName;
  run(timing: { connections: number; warmSeconds: number; seconds: number }): Promise<Sample>;
}

export interface Cell {
  readonly workload: string;
  readonly connections: number;
  readonly delayMs: number;
  readonly rounds: readonly Partial<Record<TargetName, Sample>>[];
  /** Medians over the rounds. */
  readonly figures: Partial<Record<TargetName, Omit<Sample, 'firstError'>>>;
}

/**
 * Rounds in which each target runs once, in an order that is drawn anew each time: what else the
 * machine does falls on all of them alike. Throws at the first wrong answer.
 */
export async function measureCell(
  cell: Pick<Cell, 'workload' | 'connections' | 'delayMs'>,
  targets: readonly Target[],
  { rounds, warmSeconds, seconds }: { rounds: number; warmSeconds: number; seconds: number },
): Promise<Cell> {
  const measured: Partial<Record<TargetName, Sample>>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const samples: Partial<Record<TargetName, Sample>> = {};
    for (const target of shuffle(targets)) {
      const sample = await target.run({ connections: cell.connections, warmSeconds, seconds });
      if (sample.errors > 0) {
        await pause(500); // a server that ended says so first
        throw new Error(
          `${target.name}, ${cell.workload}: ${sample.errors} wrong answers, the first: ${sample.firstError}`,
        );
      }
      samples[target.name] = sample;
    }
    measured.push(samples);
  }
  const figures = Object.fromEntries(
    targets.map(({ name }) => [
      name,
      summarizeRounds(measured.flatMap((each) => each[name] ?? [])),
    ]),
  );
  return { ...cell, rounds: measured, figures };
}

function summarizeRounds(samples: readonly Sample[]): Omit<Sample, 'firstError'> {
  const of = (figure: 'throughput' | 'median' | 'p99' | 'answers' | 'generatorBusy') =>
    median(samples.map((sample) => sample[figure]));
  return {
    throughput: of('throughput'),
    median: of('median'),
    p99: of('p99'),
    answers: of('answers'),
    generatorBusy: of('generatorBusy'),
    errors: 0,
  };
}

/** The median of the rounds' own ratios: both halves of each were measured within seconds. */
export function ratio(
  cell: Cell,
  peer: TargetName,
  figure: 'throughput' | 'median' | 'p99',
): number | null {
  const ratios = cell.rounds.flatMap(({ tenantry, [peer]: other }) =>
    tenantry === undefined || other === undefined ? [] : [tenantry[figure] / other[figure]],
  );
  return ratios.length === 0 ? null : median(ratios);
}

/** Sends a job to the load generator and waits for what came of it. */
export async function load(generator: ChildProcess, job: LoadJob): Promise<Sample> {
  generator.send(job);
  const gone = new AbortController();
  const died = once(generator, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('the load generator died');
  });
  try {
    const [sample] = await Promise.race([once(generator, 'message'), died]);
    return sample as Sample;
  } finally {
    gone.abort();
    died.catch(() => undefined);
  }
}

export function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value);
}
