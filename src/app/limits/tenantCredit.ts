import type { HangUp } from '../../db/hangUp.ts';
import type { Exchange, Grant } from '../../features/limits/credit.ts';
import { type HeldCredit, nothingWanted, type Wanted } from './heldCredit.ts';

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
  #pause: NodeJS.Timeout | undefined;
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

  /** Asks how these stand, and takes nothing. */
  look(all: readonly HeldCredit[]): Promise<void> {
    return this.turn(() => this.#exchangeAll(all, performance.now(), true));
  }

  /** Gives back what is not spent, now: another process misses it, or this one stops. */
  release(all: readonly HeldCredit[] = [...this.held.values()]): Promise<void> {
    return this.turn(() => {
      const some = all.filter((held) => held.hasNews());
      return this.#exchangeAll(some, performance.now(), false);
    });
  }

  /** Tells the store what was spent; what a second does not use goes back. */
  settle(): Promise<void> {
    return this.turn(() => {
      const some = [...this.held.values()].filter((held) => held.hasNews());
      return this.#exchangeAll(some, performance.now(), true);
    });
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

  /** An exchange for all who wait by the time it begins; a little later, where others are to give back first. */
  #next(pauseMs = 0): void {
    if (this.#isNext) return;
    clearTimeout(this.#pause);
    if (pauseMs > 0) {
      this.#pause = setTimeout(() => this.#next(), pauseMs);
      return;
    }
    this.#isNext = true;
    this.turn(() => {
      this.#isNext = false;
      return this.#exchangeForAll();
    }).catch((error: Error) => {
      for (const waiter of this.#waiting.splice(0)) waiter.end(error);
    });
  }

  #exchangeForAll(): Promise<void> {
    const now = performance.now();
    const wanted = new Map<HeldCredit, Wanted>();
    for (const { held, amount } of this.#waiting.flatMap(({ demands }) => demands)) {
      const { demand, smallest } = wanted.get(held) ?? { demand: 0, smallest: amount };
      wanted.set(held, { demand: demand + amount, smallest: Math.min(smallest, amount) });
    }
    const low = [...this.held.values()].filter((held) => held.isLive(now) && held.runsLow(now));
    return this.#exchangeAll([...new Set([...wanted.keys(), ...low])], now, true, wanted);
  }

  async #exchangeAll(
    all: readonly HeldCredit[],
    now: number,
    keeps: boolean,
    wanted: ReadonlyMap<HeldCredit, Wanted> = new Map(),
  ): Promise<void> {
    if (all.length === 0) return;
    const sorted = [...all].sort((one, other) => (one.bucket.name < other.bucket.name ? -1 : 1));
    const asked = sorted.map((held) => held.ask(wanted.get(held) ?? nothingWanted, now, keeps));
    const grants = await this.#exchange(asked);
    const answered = performance.now();
    sorted.forEach((held, place) => {
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
          (now > waiter.deadline && held.isShort && held.usable(now) < amount),
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
      demands.some(({ held, amount }) => held.isShort && held.usable(now) < amount),
    );
    this.#next(recalls ? this.#pauseMs : 0);
    if (recalls) this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
