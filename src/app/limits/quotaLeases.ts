import type { QuotaLeases, UnitUse } from '../../auth/limits.ts';
import type { Actor } from '../../auth/principal.ts';
import type { Database, TenantTransaction } from '../../db/database.ts';
import { closeLease, leaseQuota } from '../../features/usage/quotaLeases.queries.ts';
import { keyOfActor } from '../../features/usage/useMeter.queries.ts';
import { lastIdWithin, newId } from '../../lib/ids.ts';

/** The leases of this process. */
export interface OwnLeases extends QuotaLeases {
  /** Uses none any more that is of this business, whose limits have changed; null: of any. */
  recall(tenantId: string | null): void;
  /** Gives back what is left. Nothing may be under way. */
  close(): Promise<void>;
}

/** A lease is used for so long. Whoever needs room near a limit waits for it, for 0.9 s at most. */
const windowMs = 400;
/** So many uses in such a time are worth the two transactions of a lease. */
const busyUses = 5;
const busyMs = 100;
const [smallest, largest] = [32, 4_096];
/**
 * Longer than any transaction may last that was begun meanwhile (`transaction_timeout`: a minute).
 * app.is_leased() reckons with it.
 */
const expirySeconds = 120;
/** Near a mark there are none for a while. */
const pauseMs = 1_000;

interface Lease {
  readonly id: string;
  readonly tenantId: string;
  readonly lastEventId: string;
  readonly granted: number;
  readonly askedAt: number;
  used: number;
  /** Transactions with a unit of it of which it is not certain yet how they end. */
  underWay: number;
  isRetired: boolean;
  readonly timer: NodeJS.Timeout;
}

/** What one business does of one kind. */
interface Demand {
  readonly tenantId: string;
  readonly meter: string;
  readonly feature: string;
  readonly apiKeyId: string;
  lease: Lease | undefined;
  isAsking: boolean;
  /** What was asked for before the last of these is given back unused: it may be of other limits. */
  recalls: number;
  notBefore: number;
  /** Uses that counted themselves, since when. */
  uses: number;
  since: number;
}

/** `onFailure` hears why a lease could not be had or settled. Nothing is lost: it is settled later by others. */
export function createQuotaLeases(
  database: Database,
  onFailure: (error: unknown) => void,
): OwnLeases {
  return new Leases(database, onFailure);
}

class Leases implements OwnLeases {
  readonly #database: Database;
  readonly #onFailure: (error: unknown) => void;
  readonly #demands = new Map<string, Demand>();
  readonly #pending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(database: Database, onFailure: (error: unknown) => void) {
    this.#database = database;
    this.#onFailure = onFailure;
  }

  take(tx: TenantTransaction, actor: Actor, use: UnitUse, eventId: string): string | null {
    const demand = this.#demandOf(tx.tenantId, use, keyOfActor(actor));
    const now = Date.now();
    const { lease } = demand;
    if (lease === undefined || !hasUnitFor(lease, eventId, now)) {
      this.#countedItself(demand, now);
      return null;
    }
    lease.used += 1;
    lease.underWay += 1;
    tx.afterEnd(() => {
      lease.underWay -= 1;
      this.#settleIfDone(lease);
    });
    const isRunningOut = lease.used * 2 >= lease.granted || now > lease.askedAt + windowMs / 2;
    if (isRunningOut && lease.used >= busyUses) this.#ask(demand, now);
    return lease.id;
  }

  recall(tenantId: string | null): void {
    for (const demand of this.#demands.values()) {
      if (tenantId !== null && demand.tenantId !== tenantId) continue;
      demand.recalls += 1;
      this.#retire(demand);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    this.recall(null);
    await Promise.all(this.#pending);
  }

  #demandOf(tenantId: string, { meter, feature }: UnitUse, apiKeyId: string): Demand {
    const key = `${tenantId} ${meter} ${feature} ${apiKeyId}`;
    let demand = this.#demands.get(key);
    if (demand === undefined) {
      if (this.#demands.size >= 1_000) this.#forgetIdle();
      const nothing = { isAsking: false, recalls: 0, notBefore: 0, uses: 0, since: 0 };
      demand = { tenantId, meter, feature, apiKeyId, lease: undefined, ...nothing };
      this.#demands.set(key, demand);
    }
    return demand;
  }

  #forgetIdle(): void {
    const since = Date.now() - pauseMs;
    for (const [key, demand] of this.#demands) {
      if (!demand.lease && !demand.isAsking && demand.since < since) this.#demands.delete(key);
    }
  }

  #countedItself(demand: Demand, now: number): void {
    if (now - demand.since > busyMs || now < demand.since) {
      demand.since = now;
      demand.uses = 0;
    }
    demand.uses += 1;
    if (demand.uses >= busyUses) this.#ask(demand, now);
  }

  /** Gets the next lease, beside the work. */
  #ask(demand: Demand, now: number): void {
    if (demand.isAsking || this.#isClosed || now < demand.notBefore) return;
    demand.isAsking = true;
    const id = newId();
    const lastEventId = lastIdWithin(id, windowMs);
    const { tenantId, meter, feature, apiKeyId, recalls } = demand;
    const asked = { id, lastEventId, meter, wanted: expectedOf(demand.lease, now), feature };
    this.#keep(
      this.#database
        .withTenant(tenantId, { mode: 'write' }, (tx) =>
          leaseQuota(tx, { ...asked, apiKeyId, seconds: expirySeconds }),
        )
        .then(
          (granted) => {
            if (granted === 0) demand.notBefore = now + pauseMs;
            else this.#begin(demand, { id, lastEventId, granted, askedAt: now });
            if (demand.recalls !== recalls) this.#retire(demand);
          },
          (error: unknown) => {
            // It may be there all the same, and is settled when it runs out.
            demand.notBefore = now + pauseMs;
            this.#onFailure(error);
          },
        )
        .finally(() => {
          demand.isAsking = false;
        }),
    );
  }

  #begin(demand: Demand, given: Pick<Lease, 'id' | 'lastEventId' | 'granted' | 'askedAt'>): void {
    this.#retire(demand);
    const timer = setTimeout(() => {
      if (demand.lease === lease) this.#retire(demand);
    }, windowMs);
    timer.unref();
    const lease: Lease = {
      ...given,
      tenantId: demand.tenantId,
      used: 0,
      underWay: 0,
      isRetired: false,
      timer,
    };
    demand.lease = lease;
  }

  #retire(demand: Demand): void {
    const { lease } = demand;
    if (lease === undefined) return;
    demand.lease = undefined;
    clearTimeout(lease.timer);
    lease.isRetired = true;
    this.#settleIfDone(lease);
  }

  #settleIfDone({ id, tenantId, isRetired, underWay }: Lease): void {
    if (!isRetired || underWay > 0) return;
    const close = (tx: TenantTransaction) => closeLease(tx, id);
    this.#keep(
      this.#database.withTenant(tenantId, { mode: 'write' }, close).catch(this.#onFailure),
    );
  }

  #keep(work: Promise<void>): void {
    this.#pending.add(work);
    void work.then(() => this.#pending.delete(work));
  }
}

const hasUnitFor = (lease: Lease, eventId: string, now: number): boolean =>
  lease.used < lease.granted &&
  now < lease.askedAt + windowMs &&
  eventId > lease.id &&
  eventId <= lease.lastEventId;

/** Twice what the window will need if it goes on as it did, so that it is half spent at its end. */
function expectedOf(lease: Lease | undefined, now: number): number {
  if (lease === undefined) return 2 * smallest;
  const perMs = lease.used / Math.max(1, now - lease.askedAt);
  return Math.min(largest, Math.max(smallest, Math.ceil(2 * perMs * windowMs)));
}
