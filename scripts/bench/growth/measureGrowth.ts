import type { ChildProcess } from 'node:child_process';
import type { Sample } from '../load.ts';
import { load, shuffle } from '../measure.ts';
import { median } from '../run.ts';
import type { Desk, GrowthWorkload } from './growthWorkloads.ts';

/** A tenant of one database: where it is asked to read and to write. */
export interface GrowthTarget {
  readonly name: string;
  readonly reading: Desk;
  readonly writing: Desk;
}

/** What one workload took at each target, by its name, in milliseconds. */
export interface GrowthRow {
  readonly workload: string;
  readonly samples: Readonly<
    Record<string, readonly Pick<Sample, 'median' | 'p99' | 'throughput'>[]>
  >;
}

export interface Timing {
  readonly connections: number;
  readonly rounds: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/**
 * Rounds in which each target is asked once, in an order drawn anew: what else the machine does falls
 * on all sizes alike. Throws at the first wrong answer.
 */
export async function measureGrowth(
  generator: ChildProcess,
  workload: GrowthWorkload,
  targets: readonly GrowthTarget[],
  { rounds, ...timing }: Timing,
): Promise<GrowthRow> {
  const desks = new Map<GrowthTarget, { desk: Desk; bodies: string[] }>();
  for (const target of targets) {
    const desk = workload.writes ? target.writing : target.reading;
    const bodies = (await workload.requests(desk)).map((request) => JSON.stringify(request));
    desks.set(target, { desk, bodies });
  }
  const samples: Record<string, Sample[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [{ name }, { desk, bodies }] of shuffle([...desks])) {
      const { marker, pauseMs } = workload;
      const sample = await load(generator, { ...desk, bodies, marker, pauseMs, ...timing });
      if (sample.errors > 0) {
        throw new Error(
          `${name}, ${workload.title}: ${sample.errors} wrong answers, the first: ${sample.firstError}`,
        );
      }
      samples[name] = [...(samples[name] ?? []), sample];
    }
  }
  return { workload: workload.title, samples };
}

/** The median over the rounds. */
export const figure = (row: GrowthRow, target: string, of: 'median' | 'p99'): number =>
  median((row.samples[target] ?? []).map((sample) => sample[of]));

/** The median of the rounds' own ratios: both halves of each were measured within seconds. */
export function growthRatio(
  row: GrowthRow,
  target: string,
  base: string,
  of: 'median' | 'p99',
): number {
  const bases = row.samples[base] ?? [];
  const ratios = (row.samples[target] ?? []).map(
    (sample, round) => sample[of] / (bases[round]?.[of] ?? Number.NaN),
  );
  return median(ratios);
}
