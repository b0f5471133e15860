import type { Principal } from '../../auth/principal.ts';
import type { Database } from '../../db/database.ts';
import { isDatabaseError, StatementFailed } from '../../db/errors.ts';
import { exchangeCredit } from '../../features/limits/credit.queries.ts';
import type { Exchange, Grant } from '../../features/limits/credit.ts';
import { countRequests } from '../../features/usage/usage.ts';
import type { Logger } from '../logger.ts';
import { requestsBucket } from './creditPool.ts';
import { nothingWanted } from './heldCredit.ts';
import type { TenantCredit } from './tenantCredit.ts';

/** Of businesses that wait, some 10 MB: reached only while the database takes nothing. */
const mostWaiting = 100_000;

/** Answered and not yet written down: the window's start, in seconds since 1970 → how many. */
type Pending = Map<number, number>;

/**
 * Requests that were answered, written down in one small transaction a tenant and second: the counter,
 * and what the process holds of the day's limit. What waits while the database is away is bounded.
 */
export class RequestLedger {
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

  /** One was answered, that was admitted in that window. */
  add({ tenantId }: Principal, windowStart: number): void {
    let pending = this.#pending.get(tenantId);
    if (pending === undefined) {
      if (this.#pending.size >= mostWaiting) return;
      pending = new Map();
      this.#pending.set(tenantId, pending);
    }
    pending.set(windowStart, (pending.get(windowStart) ?? 0) + 1);
  }

  /** In the tenant's turn. */
  write(tenantId: string, credit: TenantCredit): Promise<void> {
    const pending = this.#pending.get(tenantId);
    if (pending === undefined) return Promise.resolve();
    return credit.turn(async () => {
      this.#pending.delete(tenantId);
      for (const [windowStart, amount] of pending) {
        try {
          await this.#writeWindow(tenantId, credit, windowStart, amount);
        } catch (error) {
          this.#failed(error, tenantId, windowStart, amount);
        }
      }
    });
  }

  async #writeWindow(
    tenantId: string,
    credit: TenantCredit,
    windowStart: number,
    amount: number,
  ): Promise<void> {
    const held = credit.held.get(requestsBucket);
    const isCurrent = held?.windowStart === windowStart;
    const sentAt = performance.now();
    const asked: Exchange[] =
      held && isCurrent ? [held.ask(nothingWanted, sentAt, true, amount)] : [];
    const grants = await this.#database.withTenant(tenantId, { mode: 'write' }, async (tx) => {
      const [, granted] = await Promise.all([
        countRequests(tx, new Date(windowStart * 1000).toISOString().slice(0, 10), amount),
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

  #failed(error: unknown, tenantId: string, windowStart: number, amount: number): void {
    if (isForGood(error)) {
      this.#logger.warn({ err: error, tenantId, amount }, 'requests are not counted');
      return;
    }
    // Written with the next batch: a database that is away for a moment costs no count.
    const pending = this.#pending.get(tenantId) ?? new Map<number, number>();
    this.#pending.set(tenantId, pending.set(windowStart, (pending.get(windowStart) ?? 0) + amount));
    this.#logger.warn({ err: error, tenantId }, 'requests could not be counted yet');
  }
}

/**
 * A business that was purged meanwhile (a foreign key), a value out of range: no later try goes better.
 * A COMMIT in doubt may have counted them, and nobody is to pay twice.
 */
const isForGood = (error: unknown): boolean =>
  (error instanceof StatementFailed && /^2[23]/.test(error.sqlState)) ||
  (isDatabaseError(error) && error.code === 'COMMIT_IN_DOUBT');
