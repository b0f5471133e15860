/** A limit in a window of fixed length, which begins and ends by its store's clock. */
export interface Bucket {
  /** Within a tenant: `cost`, `requests`, `field Mutation.memberInvite key …`. */
  readonly name: string;
  readonly seconds: number;
  readonly limit: number;
}

/** What a server process tells a store of one bucket, and asks of it. */
export interface Exchange extends Bucket {
  /** The window that `spent` and `holding` are of, in seconds since 1970. */
  readonly windowStart: number;
  /** Since the last exchange; negative where more came back than went. */
  readonly spent: number;
  /** Spent, and not yet written down where it is counted: nobody can give it back. */
  readonly pending: number;
  /** What the process can still spend. */
  readonly holding: number;
  /** For those who wait: all of it is granted, or what there is … */
  readonly need: number;
  /** … if it is this or more: less would serve nobody. */
  readonly smallest: number;
  /** For those to come: granted in part while plenty is left. */
  readonly extra: number;
}

export interface Grant {
  readonly windowStart: number;
  /** Milliseconds until the window ends. */
  readonly endsInMs: number;
  readonly granted: number;
  /** What nobody holds. */
  readonly free: number;
  /** What other processes hold; where something is missing they were told to give it back. */
  readonly elsewhere: number;
}

/**
 * Where the processes of all instances share what is left. One exchange is atomic for each bucket: of
 * any number at once exactly the limit is granted. What a process has not renewed for `leaseMs` may be
 * granted to others.
 */
export interface CreditStore {
  exchange(tenantId: string, asked: readonly Exchange[]): Promise<Grant[]>;
}

/** A recall: another process misses something that this one may hold. */
export interface Recall {
  readonly process: string;
  readonly tenantId: string;
  readonly bucket: string;
}

/** Of `<process> <tenant> <bucket>`, as both stores say it. */
export function readRecall(message: string): Recall {
  const [process = '', tenantId = '', ...bucket] = message.split(' ');
  return { process, tenantId, bucket: bucket.join(' ') };
}

/** How long a store keeps what a process holds. */
export const holdMs = 3_000;
