/** The columns of activityColumns.ts, in their order, with the longest time of each in milliseconds. */
export const latencyBuckets = [
  ['ms1', 1],
  ['ms2', 2],
  ['ms5', 5],
  ['ms10', 10],
  ['ms20', 20],
  ['ms50', 50],
  ['ms100', 100],
  ['ms200', 200],
  ['ms500', 500],
  ['ms1000', 1_000],
  ['ms2000', 2_000],
  ['ms5000', 5_000],
  ['ms10000', 10_000],
  ['msMore', Number.POSITIVE_INFINITY],
] as const;

export type LatencyBucket = (typeof latencyBuckets)[number][0];

/** How many operations took how long. */
export type Latencies = Record<LatencyBucket, number>;

export function bucketOf(ms: number): LatencyBucket {
  for (const [bucket, upTo] of latencyBuckets) if (ms <= upTo) return bucket;
  return 'msMore';
}

/**
 * The whole milliseconds within which that share of all (0.95) was answered, as if those of a bucket
 * were spread evenly over it: off by less than the bucket is wide. 10 000 where it took longer. null:
 * there were none.
 */
export function percentileOf(latencies: Latencies, share: number): number | null {
  let all = 0;
  for (const [bucket] of latencyBuckets) all += latencies[bucket];
  if (all === 0) return null;
  let left = all * share;
  let from = 0;
  for (const [bucket, upTo] of latencyBuckets) {
    const count = latencies[bucket];
    if (upTo === Number.POSITIVE_INFINITY) break;
    if (count > 0 && left <= count) {
      return Math.ceil(from + ((upTo - from) * left) / count);
    }
    left -= count;
    from = upTo;
  }
  return from;
}
