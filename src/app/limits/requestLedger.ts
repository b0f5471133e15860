import type { Principal } from '../../auth/principal.ts';
import type { Database } from '../../db/database.ts';
import { isDatabaseError, StatementFailed } from '../../db/errors.ts';
import { addToActivity } from '../../features/activity/activity.queries.ts';
import type { ActivityCounts } from '../../features/activity/activityCounts.ts';
import { exchangeCredit } from '../../features/limits/credit.queries.ts';
import type { Exchange, Grant } from '../../features/limits/credit.ts';
import { countRequests, type RequestUse } from '../../features/usage/countRequests.ts';
import type { Logger } from '../logger.ts';
import { ActivityBook } from './activityBook.ts';
import { requestsBucket } from './creditPool.ts';
import { nothingWanted } from './heldCredit.ts';
import type { TenantCredit } from './tenantCredit.ts';

/** Of businesses that wait, some 10 MB: reached only while the database takes nothing. */
const mostWaiting = 100_000;

/** Requests of one window. */
interface Batch {
  amount: number;
  /** API key, if any, and root field → how many. */
  readonly uses: Map<string, RequestUse & { amount: number }>;
  /** As their caller had it. */
  limit: number | null;
  /** All that happened since the last batch, in the first of this one. */
  activity?: ActivityCounts | undefined;
}

/** Of what was only refused. No window begins then, and 0 is that of credit that was never asked for. */
const noWindow = -1;

/** Answered and not yet written down, by the start of their window in seconds since 1970. */
type Pending = Map<number, Batch>;

/** Root fields and keys of one business and second; what is more is counted as the rest. */
const mostUses = 1_000;

/**
 * Requests that were answered, written down in one small transaction a tenant and second: the counter,
 * what happened this hour, and what the process holds of the day's limit. What waits while the database is away is bounded.
 */
export class RequestLedger {
  readonly activity = new ActivityBook();
  readonly #database: Pick<Database, 'withTenant'>;
  readonly #process: string;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #pending = new Map<string, Pending>();

  constructor(
    database: Pick<Database, 'withTenant'>,
    process: string,
    logger: Pick<Logger, 'warn'>,
  ) {
    this.#database = database;
    this.#process = process;
    this.#logger = logger;
  }

  /** One was answered that was admitted in that window; `coordinate`: its first root field, `Query.products`. */
  add(principal: Principal, windowStart: number, coordinate: string | undefined): void {
    const { tenantId, limits } = principal;
    let pending = this.#pending.get(tenantId);
    if (pending === undefined) {
      if (this.#pending.size >= mostWaiting) return;
      pending = new Map();
      this.#pending.set(tenantId, pending);
    }
    const batch = batchOf(pending, windowStart);
    const apiKeyId = principal.kind === 'API_KEY' ? principal.apiKeyId : null;
    addUse(batch, apiKeyId, featureOf(coordinate), 1);
    batch.limit = limits.API_REQUESTS_PER_DAY ?? null;
  }

  /** In the tenant's turn. */
  write(tenantId: string, credit: TenantCredit): Promise<void> {
    if (!this.#pending.has(tenantId) && !this.activity.has(tenantId)) return Promise.resolve();
    return credit.turn(async () => {
      const pending: Pending = this.#pending.get(tenantId) ?? new Map([[noWindow, emptyBatch()]]);
      this.#pending.delete(tenantId);
      const [first] = pending.values();
      if (first !== undefined) first.activity = this.activity.take(tenantId);
      for (const [windowStart, batch] of pending) {
        try {
          await this.#writeWindow(tenantId, credit, windowStart, batch);
        } catch (error) {
          const isLost = this.#failed(error, tenantId, windowStart, batch);
          if (isLost) credit.held.get(requestsBucket)?.forget(batch.amount, windowStart);
        }
      }
    });
  }

  async #writeWindow(
    tenantId: string,
    credit: TenantCredit,
    windowStart: number,
    { amount, uses, limit, activity }: Batch,
  ): Promise<void> {
    const held = credit.held.get(requestsBucket);
    const isCurrent = held?.windowStart === windowStart;
    const sentAt = performance.now();
    const asked: Exchange[] =
      held && isCurrent ? [held.ask(nothingWanted, sentAt, true, amount)] : [];
    const grants = await this.#database.withTenant(tenantId, { mode: 'write' }, async (tx) => {
      const [, , granted] = await Promise.all([
        amount > 0 &&
          countRequests(tx, {
            day: new Date(windowStart * 1000).toISOString().slice(0, 10),
            amount,
            uses: [...uses.values()],
            // Yesterday's last requests would be warned of as today's.
            limit: isCurrent ? limit : null,
          }),
        activity && addToActivity(tx, activity),
        asked.length === 0
          ? ([] as Grant[])
          : exchangeCredit(
              async (text, values) => (await tx.query(text, values)).rows,
              tenantId,
              this.#process,
              asked,
            ),
      ]);
      return granted;
    });
    const [question, grant] = [asked[0], grants[0]];
    if (held && question && grant) held.absorb(question, grant, sentAt, performance.now(), amount);
  }

  /** Whether they are not counted, for good. */
  #failed(error: unknown, tenantId: string, windowStart: number, failed: Batch): boolean {
    const { amount, activity } = failed;
    if (isForGood(error)) {
      this.#logger.warn({ err: error, tenantId, amount }, 'requests are not counted');
      return true;
    }
    // Written with the next batch: a database that is away for a moment costs no count.
    if (activity !== undefined) this.activity.putBack(tenantId, activity);
    if (amount === 0) return false;
    const pending: Pending = this.#pending.get(tenantId) ?? new Map();
    this.#pending.set(tenantId, pending);
    const batch = batchOf(pending, windowStart);
    for (const use of failed.uses.values()) addUse(batch, use.apiKeyId, use.feature, use.amount);
    batch.limit ??= failed.limit;
    this.#logger.warn({ err: error, tenantId }, 'requests could not be counted yet');
    return false;
  }
}

const emptyBatch = (): Batch => ({ amount: 0, uses: new Map(), limit: null });

function batchOf(pending: Pending, windowStart: number): Batch {
  let batch = pending.get(windowStart);
  if (batch === undefined) {
    batch = emptyBatch();
    pending.set(windowStart, batch);
  }
  return batch;
}

function addUse(batch: Batch, apiKeyId: string | null, feature: string, amount: number): void {
  batch.amount += amount;
  const own = apiKeyId === null ? feature : `${apiKeyId} ${feature}`;
  const key = batch.uses.size < mostUses || batch.uses.has(own) ? own : rest.feature;
  const use = batch.uses.get(key);
  if (use !== undefined) use.amount += amount;
  else batch.uses.set(key, { ...(key === own ? { apiKeyId, feature } : rest), amount });
}

const rest = { apiKeyId: null, feature: '__rest' };
const features = new Map<string, string>();

/** `Query.products` → `products`. Kept, for it is asked with every request; there are as many as fields. */
function featureOf(coordinate = 'Query.__typename'): string {
  let feature = features.get(coordinate);
  if (feature === undefined) {
    feature = coordinate.slice(coordinate.indexOf('.') + 1);
    features.set(coordinate, feature);
  }
  return feature;
}

/**
 * A business that was purged meanwhile (a foreign key), a value out of range: no later try goes better.
 * A COMMIT in doubt may have counted them, and nobody is to pay twice.
 */
const isForGood = (error: unknown): boolean =>
  (error instanceof StatementFailed && /^2[23]/.test(error.sqlState)) ||
  (isDatabaseError(error) && error.code === 'COMMIT_IN_DOUBT');
