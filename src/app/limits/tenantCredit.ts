import type { HangUp } from '../../db/hangUp.ts';
import type { Exchange, Grant } from '../../features/limits/credit.ts';
import type { HeldCredit } from './heldCredit.ts';

export interface Demand {
  readonly held: HeldCredit;
  readonly amount: number;
}

/** There is not enough, and nobody can give anything back. */
export class Shortage extends Error {
  readonly demand: Demand;

  constructor(demand: Demand) {
    super(`${demand.held.bucket.name} is used up`);
    this.demand = demand;
  }
}

/** The client went away while it waited. */
export class GaveUp extends Error {}

/** Too many wait already. */
export class TooManyWaiting extends Error {}

interface Waiter {
  readonly demands: readonly Demand[];
  /** Others have been told by then to give back what they do not use. */
  readonly deadline: number;
  readonly end: (error: Error | null) => void;
}

/** A process that does not answer a recall within this is taken to use what it holds. */
const recallMs = 400;
const firstPauseMs = 2;
const longestPauseMs = 50;

export type ExchangeAll = (asked: readonly Exchange[]) => Promise<readonly Grant[]>;

/**
 * A tenant's credit in this process. What is in memory is taken at once; otherwise one exchange with
 * the store at a time serves all who wait, first come, first served. An operation takes from all of
 * its buckets or from none.
 */
export class TenantCredit {
  readonly held = new Map<string, HeldCredit>();
  readonly #exchange: ExchangeAll;
  readonly #mostWaiting: number;
  #waiting: Waiter[] = [];
  #turns: Promise<void> = Promise.resolve();
  #isNext = false;
  #pauseMs = firstPauseMs;

  constructor(exchange: ExchangeAll, mostWaiting: number) {
    this.#exchange = exchange;
    this.#mostWaiting = mostWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes from memory: true. False: memory cannot tell, `wait` for it. Throws Shortage where it is
   * known that there is not enough.
   */
  take(demands: readonly Demand[], now: number): boolean {
    for (const demand of demands) {
      if (demand.held.isEmpty(demand.amount, now)) throw new Shortage(demand);
    }
    if (!this.#spend(demands, now)) return false;
    for (const { held } of demands) {
      if (held.runsLow(now)) {
        this.#next();
        break;
      }
    }
    return true;
  }

  /** Resolves when taken; rejects with Shortage, GaveUp, TooManyWaiting, or why the store can't be asked. */
  wait(demands: readonly Demand[], signal: HangUp): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) return Promise.reject(new TooManyWaiting());
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        demands,
        deadline: performance.now() + recallMs,
        end: (error) => {
          signal.removeEventListener('abort', onAbort);
          if (error === null) resolve();
          else reject(error);
        },
      };
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        waiter.end(new GaveUp());
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.push(waiter);
      this.#next();
    });
  }

  /** Gives back what is not needed, now: another process misses it, or this one stops. */
  async release(): Promise<void> {
    await this.turn(() => this.#ask([...this.held.values()], performance.now(), false));
  }

  /** Tells the store what was spent; what a second does not use goes back. */
  async settle(): Promise<void> {
    await this.turn(() => this.#ask([...this.held.values()], performance.now(), true));
  }

  /** Exchanges and whatever else talks to a store take turns. */
  turn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(work).finally(() => this.#serve());
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  #spend(demands: readonly Demand[], now: number): boolean {
    for (const { held, amount } of demands) if (held.usable(now) < amount) return false;
    for (const { held, amount } of demands) held.spend(amount);
    return true;
  }

  /** An exchange for all who wait by the time it begins. */
  #next(): void {
    if (this.#isNext) return;
    this.#isNext = true;
    void this.turn(async () => {
      this.#isNext = false;
      const now = performance.now();
      const wanted = this.#waiting.flatMap(({ demands }) => demands.map(({ held }) => held));
      const low = [...this.held.values()].filter((held) => held.isLive(now) && held.runsLow(now));
      try {
        await this.#ask([...new Set([...wanted, ...low])], now, true);
      } catch (error) {
        for (const waiter of this.#waiting.splice(0)) waiter.end(error as Error);
      }
    });
  }

  async #ask(all: readonly HeldCredit[], now: number, keeps: boolean): Promise<void> {
    const needs = new Map<HeldCredit, number>();
    for (const { demands } of this.#waiting) {
      for (const { held, amount } of demands) needs.set(held, (needs.get(held) ?? 0) + amount);
    }
    const several = all
      .filter((held) => needs.has(held) || held.hasNews() || held.isLive(now))
      .sort((one, other) => (one.bucket.name < other.bucket.name ? -1 : 1));
    if (several.length === 0) return;
    const asked = several.map((held) =>
      held.ask(Math.max(0, (needs.get(held) ?? 0) - held.usable(now)), now, keeps),
    );
    const grants = await this.#exchange(asked);
    const answered = performance.now();
    several.forEach((held, place) => {
      const [question, grant] = [asked[place], grants[place]];
      if (question && grant) held.absorb(question, grant, now, answered);
    });
  }

  /** After an exchange: whoever can go, goes; whoever never can is told so; for the rest it goes on. */
  #serve(): void {
    const now = performance.now();
    const before = this.#waiting.length;
    if (before === 0) return;
    this.#waiting = this.#waiting.filter((waiter) => {
      if (this.#spend(waiter.demands, now)) {
        waiter.end(null);
        return false;
      }
      const missing = waiter.demands.find(
        ({ held, amount }) =>
          held.isEmpty(amount, now) ||
          (now > waiter.deadline && held.endsAt > now && held.usable(now) < amount),
      );
      if (missing !== undefined) waiter.end(new Shortage(missing));
      return missing === undefined;
    });
    if (this.#waiting.length === 0) {
      this.#pauseMs = firstPauseMs;
      return;
    }
    // Somebody came meanwhile, or others are giving back what they hold.
    const recalls = this.#waiting.some(({ demands }) =>
      demands.some(({ held, amount }) => held.elsewhere > 0 && held.usable(now) < amount),
    );
    if (!recalls) return this.#next();
    setTimeout(() => this.#next(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
