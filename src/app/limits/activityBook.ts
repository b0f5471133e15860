import type { ExecutionResult } from 'graphql';
import {
  type ActivityCounts,
  addActivity,
  noActivity,
} from '../../features/activity/activityCounts.ts';
import { bucketOf } from '../../features/activity/latency.ts';
import { expose } from '../errors.ts';

/** Of businesses that wait to be written down; some 20 MB, reached only while the database takes nothing. */
const mostWaiting = 100_000;

/** What happened since it was last written down, by business, in memory. */
export class ActivityBook {
  readonly #counts = new Map<string, ActivityCounts>();

  /** An operation was executed in so many milliseconds; null: its execution threw. */
  answered(tenantId: string, ms: number, result: ExecutionResult | null): void {
    const counts = this.#of(tenantId);
    counts.operations += 1;
    counts[bucketOf(ms)] += 1;
    if (result !== null && result.errors === undefined) return;
    if (result === null || result.errors?.some(isFault)) counts.serverFaults += 1;
    else counts.clientErrors += 1;
  }

  /** With 429. */
  refused(tenantId: string): void {
    this.#of(tenantId).refused += 1;
  }

  has(tenantId: string): boolean {
    return this.#counts.has(tenantId);
  }

  /** What is to be written down now; undefined: nothing happened. */
  take(tenantId: string): ActivityCounts | undefined {
    const counts = this.#counts.get(tenantId);
    this.#counts.delete(tenantId);
    return counts;
  }

  /** It could not be written down. */
  putBack(tenantId: string, counts: ActivityCounts): void {
    addActivity(this.#of(tenantId), counts);
  }

  #of(tenantId: string): ActivityCounts {
    let counts = this.#counts.get(tenantId);
    if (counts === undefined) {
      counts = noActivity();
      // What is more is counted, and forgotten.
      if (this.#counts.size < mostWaiting) this.#counts.set(tenantId, counts);
    }
    return counts;
  }
}

/** Ours rather than the caller's, as the errors' plugin sees it: what it logs, and what may be tried again. */
function isFault(error: unknown): boolean {
  const { fault, status } = expose(error);
  return fault !== null || (status !== null && status >= 500);
}
