import { StatementFailed } from '../../db/errors.ts';
import type { Bucket, CreditStore, Exchange, Grant, Recall } from '../../features/limits/credit.ts';
import type { Logger } from '../logger.ts';
import { HeldCredit } from './heldCredit.ts';
import { type ExchangeAll, TenantCredit } from './tenantCredit.ts';

/** The bucket that a business's requests of the day are taken from. */
export const requestsBucket = 'requests';

const sweepMs = 1_000;
/** Of one business in one process: a client that waits holds a socket and a parsed request. */
const mostWaiting = 5_000;

export interface CreditPoolOptions {
  /** Where budgets and fields' limits are shared. */
  readonly rates: CreditStore;
  /** Where requests of the day are: Postgres, whatever the other is. */
  readonly requests: CreditStore;
  readonly logger: Pick<Logger, 'warn'>;
  /** What else is written once a second, in turn with the tenant's exchanges. */
  readonly onSweep?: (tenantId: string, credit: TenantCredit) => Promise<void>;
}

/** The credit that this process holds, of all businesses that used it lately. */
export class CreditPool {
  readonly #options: CreditPoolOptions;
  readonly #tenants = new Map<string, TenantCredit>();
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: CreditPoolOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, sweepMs);
    this.#timer.unref();
  }

  tenant(tenantId: string): TenantCredit {
    let credit = this.#tenants.get(tenantId);
    if (credit === undefined) {
      credit = new TenantCredit(this.#exchangeFor(tenantId), mostWaiting);
      this.#tenants.set(tenantId, credit);
    }
    return credit;
  }

  held(credit: TenantCredit, bucket: Bucket): HeldCredit {
    let held = credit.held.get(bucket.name);
    if (held === undefined) {
      held = new HeldCredit(bucket, bucket.name === requestsBucket);
      credit.held.set(bucket.name, held);
    }
    // A plan may have changed meanwhile.
    if (held.bucket.limit !== bucket.limit || held.bucket.seconds !== bucket.seconds) {
      held.bucket = bucket;
    }
    return held;
  }

  /** Another process misses what this one may hold. */
  recall({ tenantId, bucket }: Recall): void {
    const credit = this.#tenants.get(tenantId);
    const held = credit?.held.get(bucket);
    if (credit === undefined || held === undefined) return;
    held.recall(performance.now());
    credit.release([held]).catch((error: unknown) => this.#failed(error, tenantId));
  }

  /** Gives everything back. Nobody may ask any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#each(async (tenantId, credit) => {
      await this.#options.onSweep?.(tenantId, credit);
      await credit.release();
    });
  }

  async #sweep(): Promise<void> {
    const now = performance.now();
    await this.#each(async (tenantId, credit) => {
      await this.#options.onSweep?.(tenantId, credit);
      const over = [...credit.held.values()].filter((held) => !held.sweep(now));
      if ([...credit.held.values()].some((held) => held.hasNews())) await credit.settle();
      for (const { bucket } of over) credit.held.delete(bucket.name);
      if (credit.held.size === 0 && credit.waiting === 0) this.#tenants.delete(tenantId);
    });
  }

  /** Some at a time: a second's flush must not take every connection that there is. */
  async #each(work: (tenantId: string, credit: TenantCredit) => Promise<void>): Promise<void> {
    const all = [...this.#tenants].values();
    const worker = async (): Promise<void> => {
      for (const [tenantId, credit] of all) {
        try {
          await work(tenantId, credit);
        } catch (error) {
          this.#failed(error, tenantId);
        }
      }
    };
    await Promise.all([worker(), worker(), worker()]);
  }

  #failed(error: unknown, tenantId: string): void {
    // A business that was purged meanwhile: its rows can't be written any more.
    if (error instanceof StatementFailed && error.sqlState === '23503') {
      this.#tenants.delete(tenantId);
      return;
    }
    this.#options.logger.warn({ err: error, tenantId }, 'credit could not be settled yet');
  }

  /** Requests of the day to their store, the rest to theirs, at the same time. */
  #exchangeFor(tenantId: string): ExchangeAll {
    const { rates, requests } = this.#options;
    return async (asked) => {
      const [ofRequests, others] = [
        asked.filter(({ name }) => name === requestsBucket),
        asked.filter(({ name }) => name !== requestsBucket),
      ];
      if (rates === requests || others.length === 0) return requests.exchange(tenantId, asked);
      if (ofRequests.length === 0) return rates.exchange(tenantId, asked);
      const [first, second] = await Promise.all([
        requests.exchange(tenantId, ofRequests),
        rates.exchange(tenantId, others),
      ]);
      return merge(asked, new Map([...pair(ofRequests, first), ...pair(others, second)]));
    };
  }
}

const pair = (asked: readonly Exchange[], grants: readonly Grant[]): [string, Grant][] =>
  asked.flatMap(({ name }, place) => {
    const grant = grants[place];
    return grant === undefined ? [] : [[name, grant]];
  });

const merge = (asked: readonly Exchange[], byName: Map<string, Grant>): Grant[] =>
  asked.map(({ name }) => {
    const grant = byName.get(name);
    if (grant === undefined) throw new Error(`no answer about ${name}`);
    return grant;
  });
