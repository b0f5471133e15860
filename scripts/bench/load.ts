/** What the load generator is told to do. */
export interface LoadJob {
  readonly url: string;
  readonly token: string;
  /** Sent in turn, each connection from a place of its own; see `Workload.requests`. */
  readonly bodies: readonly string[];
  readonly marker: string;
  readonly connections: number;
  /** How long each connection waits before it asks again. */
  readonly pauseMs?: number | undefined;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** What came of it, in requests a second and milliseconds. */
export interface Sample {
  readonly throughput: number;
  readonly median: number;
  readonly p99: number;
  readonly answers: number;
  readonly errors: number;
  /** How much of the time the load generator itself was at work, 0 to 1; near 1 it is what was measured. */
  readonly generatorBusy: number;
  /** The first wrong answer, as it came. */
  readonly firstError: string | null;
}

/** `latencies` in milliseconds, of the measured time only. */
export function summarize(
  latencies: number[],
  seconds: number,
  rest: Pick<Sample, 'errors' | 'firstError' | 'generatorBusy'>,
): Sample {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    throughput: latencies.length / seconds,
    median: at(0.5),
    p99: at(0.99),
    answers: latencies.length,
    ...rest,
  };
}
