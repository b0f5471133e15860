import type { Bucket, Exchange, Grant } from '../../features/limits/credit.ts';

/** Less than a store keeps it, so that nothing is spent here that was granted to others there. */
const leaseMs = 2_000;
/** After a refusal the store is asked again so soon: what comes back by then is what was not used. */
const askAgainMs = 100;
/** For so long nothing is kept in hand after another process missed something. */
const recalledMs = 1_000;
/** Of a second each: longer than an operation may take. */
const idleSweeps = 30;

/** By those who wait. */
export interface Wanted {
  readonly demand: number;
  readonly smallest: number;
}

export const nothingWanted: Wanted = { demand: 0, smallest: 0 };

/** What this process holds of one bucket, and has spent of it. Times are performance.now(). */
export class HeldCredit {
  bucket: Bucket;
  /** What can be spent; only while `isLive`. */
  available = 0;
  /** Nobody's, as the store last said. */
  free = 0;
  /** Seconds since 1970; 0: nothing was ever granted. */
  windowStart = 0;
  /** When the window ends, or a little before it. */
  endsAt = 0;
  /** Others held something when this process last missed something. */
  elsewhere = 0;
  /** The store had less than was needed. */
  isShort = false;
  /** The bucket was empty until then, and nobody could give back anything. */
  emptyUntil = 0;
  #leasedUntil = 0;
  #recalledUntil = 0;
  /** Spent and not told the store. */
  #unreported = 0;
  /** Spent since the last sweep, and in the second before it. */
  #lately = 0;
  #perSecond = 0;
  /** Whether the store gave what was asked for beside the need: near the limit it does not. */
  #isPlenty = false;
  #idleSweeps = 0;
  #resetAt = new Date(0).toISOString();

  /** Written down elsewhere, by `settle`; until then the store sees it as held. */
  readonly #isCounted: boolean;

  constructor(bucket: Bucket, isCounted: boolean) {
    this.bucket = bucket;
    this.#isCounted = isCounted;
  }

  isLive(now: number): boolean {
    return now < this.#leasedUntil && now < this.endsAt;
  }

  usable(now: number): number {
    return this.isLive(now) ? this.available : 0;
  }

  /** What the caller may be told is left. */
  remaining(now: number): number {
    if (now >= this.endsAt) return this.bucket.limit;
    return Math.max(0, Math.min(this.bucket.limit, this.free + this.usable(now)));
  }

  /** When the window ends by its store's clock, ISO 8601; before anything was asked of it: the Unix epoch. */
  get resetAt(): string {
    return this.#resetAt;
  }

  isEmpty(amount: number, now: number): boolean {
    return now < this.emptyUntil && amount > this.usable(now);
  }

  spend(amount: number): void {
    this.available -= amount;
    this.#unreported += amount;
    this.#lately += amount;
  }

  /** What was spent in that window and not used after all. Of a window that has ended nothing comes back. */
  giveBack(amount: number, windowStart: number, now: number): void {
    if (amount <= 0 || windowStart !== this.windowStart || now >= this.endsAt) return;
    this.#unreported -= amount;
    if (this.isLive(now)) this.available += amount;
    this.emptyUntil = 0;
  }

  /** What was spent in that window and will never be written down: it is held for it no longer. */
  forget(amount: number, windowStart: number): void {
    if (windowStart === this.windowStart) this.#unreported -= amount;
  }

  /** Another process misses something. */
  recall(now: number): void {
    this.#recalledUntil = now + recalledMs;
  }

  /** Whether it is time to ask for more, before anybody has to wait for it. */
  runsLow(now: number): boolean {
    return (
      this.#isPlenty &&
      this.available * 4 < Math.max(this.#perSecond, this.#lately) &&
      now >= this.#recalledUntil
    );
  }

  /** Whether the store would learn anything. */
  hasNews(): boolean {
    return this.#unreported !== 0 || this.available !== 0;
  }

  /**
   * Once a second: what was not used in it goes back, and of the rest what a second takes is kept.
   * Answers false for a bucket that nobody has used for a while: until then an operation that takes
   * long may give back what it did not use.
   */
  sweep(now: number): boolean {
    this.#idleSweeps = this.#lately > 0 || this.hasNews() ? 0 : this.#idleSweeps + 1;
    this.#perSecond = this.#lately;
    this.#lately = 0;
    if (!this.isLive(now)) this.available = 0;
    return this.#idleSweeps < idleSweeps;
  }

  /**
   * What the store is asked. `demand`: of all who wait; `smallest`: of the one who wants least. `settled`: what is written down with it, of what
   * is counted elsewhere.
   */
  ask({ demand, smallest }: Wanted, now: number, keeps: boolean, settled = 0): Exchange {
    const isScarce = !keeps || now < this.#recalledUntil;
    const wanted = isScarce ? 0 : Math.max(this.#perSecond, this.#lately * 2, demand * 4);
    this.available = Math.min(this.usable(now), Math.max(wanted, demand));
    const need = Math.max(0, demand - this.available);
    return {
      ...this.bucket,
      windowStart: this.windowStart,
      spent: this.#isCounted ? 0 : this.#unreported,
      pending: this.#isCounted ? Math.max(0, this.#unreported - settled) : 0,
      holding: this.available,
      need,
      smallest: Math.max(0, smallest - this.available),
      extra: Math.max(0, Math.ceil(wanted - this.available - need)),
    };
  }

  /** The answer to an exchange that was sent at `sentAt`. */
  absorb(asked: Exchange, grant: Grant, sentAt: number, now: number, settled = 0): void {
    if (grant.windowStart !== this.windowStart) {
      this.windowStart = grant.windowStart;
      this.#resetAt = new Date((grant.windowStart + asked.seconds) * 1000).toISOString();
      this.available = 0;
      this.#unreported = 0;
    } else {
      this.#unreported -= asked.spent + settled;
    }
    // By when it was sent, which was before the store looked at its clock.
    this.endsAt = sentAt + grant.endsInMs;
    this.#leasedUntil = sentAt + leaseMs;
    this.available += grant.granted;
    this.#isPlenty = asked.extra > 0 && grant.granted - asked.need >= asked.extra / 2;
    this.free = grant.free;
    this.elsewhere = grant.elsewhere;
    this.isShort = grant.granted < asked.need;
    this.emptyUntil =
      this.isShort && grant.elsewhere === 0 ? Math.min(now + askAgainMs, this.endsAt) : 0;
  }
}
