import { type Latencies, latencyBuckets } from './latency.ts';

/** What happened in some time, as activityColumns.ts has it. */
export interface ActivityCounts extends Latencies {
  operations: number;
  clientErrors: number;
  serverFaults: number;
  refused: number;
}

export const noActivity = (): ActivityCounts => ({
  ...{ operations: 0, clientErrors: 0, serverFaults: 0, refused: 0 },
  ...{ ms1: 0, ms2: 0, ms5: 0, ms10: 0, ms20: 0, ms50: 0, ms100: 0, ms200: 0, ms500: 0 },
  ...{ ms1000: 0, ms2000: 0, ms5000: 0, ms10000: 0, msMore: 0 },
});

export const activityNames: readonly (keyof ActivityCounts)[] = [
  ...(['operations', 'clientErrors', 'serverFaults', 'refused'] as const),
  ...latencyBuckets.map(([bucket]) => bucket),
];

/** Adds the second to the first. */
export function addActivity(sum: ActivityCounts, more: ActivityCounts): void {
  for (const name of activityNames) sum[name] += more[name];
}

/** The share of operations that had errors, "0.0000" to "1.0000"; null: there were none. */
export const errorRateOf = ({
  operations,
  clientErrors,
  serverFaults,
}: Pick<ActivityCounts, 'operations' | 'clientErrors' | 'serverFaults'>): string | null =>
  operations === 0 ? null : ((clientErrors + serverFaults) / operations).toFixed(4);
