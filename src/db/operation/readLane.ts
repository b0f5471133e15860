import { performance } from 'node:perf_hooks';
import { afterBurst } from '../wire/afterBurst.ts';
import type { Connection } from '../wire/connection.ts';
import type { Admission } from '../wire/pool.ts';
import { type CarrierSettings, unreachable } from './carrier.ts';
import { type OtherRides, ReadRide, type Rider } from './readRide.ts';

/**
 * How many operations share a connection. To write to one takes this process 25 us, half of it to wake
 * Postgres, and under load some six reads come in one turn of the loop: in fours they bring 1.2 to 1.6
 * times the throughput, in twos half of that, all together no more.
 */
const mostTogether = 4;

/**
 * Of its time a process is at work, from which on reads share. It saves this process' time and costs theirs:
 * at a Postgres a millisecond away all sixteen came to wait for the same answers, and a page took 4.1 ms
 * instead of 3.1, with a process that was idle half of the time.
 */
const busy = 0.85;
/** How often that is looked at; what is ten times as old says nothing. */
const lookEveryMs = 100;

/** How long nothing is shared after one had to wait for another: who is slow now is so again soon. */
const apartMs = 1_000;

/**
 * Takes reads to connections. While this process is busy, what is light waits for the end of this turn of the
 * event loop and shares a connection with what else is: Postgres answers them one after the other, each a
 * transaction by itself.
 */
export class ReadLane implements OtherRides {
  readonly #settings: CarrierSettings;
  #light: Rider[] = [];
  #apartUntil = 0;
  #lookedAt = performance.now();
  #spent = performance.eventLoopUtilization();
  #isBusy = false;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  /** For a rider that has something to send and is on no ride. More may come until it goes out. */
  join(rider: Rider): void {
    if (!rider.isLight || !this.#mayShare()) this.#start([rider], afterBurst);
    else if (this.#light.push(rider) === 1) setImmediate(() => this.#depart());
  }

  goOn(riders: readonly Rider[]): void {
    this.#start(riders, atOnce, { isAdmitted: true });
  }

  async goOnWhenFree(leave: () => readonly Rider[]): Promise<void> {
    this.#board(await this.#settings.pool.acquire({ isAdmitted: true }), leave());
  }

  stayApart(): void {
    this.#apartUntil = performance.now() + apartMs;
  }

  #depart(): void {
    const together: Rider[] = [];
    for (const rider of this.#light.splice(0)) {
      if (!rider.isWaiting) continue;
      if (rider.isLight) together.push(rider);
      else this.#start([rider], atOnce);
    }
    const rides = Math.ceil(together.length / mostTogether);
    const each = Math.ceil(together.length / rides);
    for (let from = 0; from < together.length; from += each) {
      this.#start(together.slice(from, from + each), atOnce);
    }
  }

  #mayShare(): boolean {
    const { pool, sharesReads } = this.#settings;
    const now = performance.now();
    if (!pool.pipelines || now < this.#apartUntil) return false;
    return sharesReads ?? this.#looksBusy(now);
  }

  #looksBusy(now: number): boolean {
    const passed = now - this.#lookedAt;
    if (passed < lookEveryMs) return this.#isBusy;
    const spent = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(spent, this.#spent);
    this.#isBusy = passed < 10 * lookEveryMs && utilization >= busy;
    this.#lookedAt = now;
    this.#spent = spent;
    return this.#isBusy;
  }

  #start(
    riders: readonly Rider[],
    when: (go: () => void) => void,
    admission: Admission = {},
  ): void {
    const { pool } = this.#settings;
    const atHand = pool.tryAcquire();
    if (atHand !== undefined) return when(() => this.#board(atHand, riders));
    pool.acquire(admission).then(
      (connection) => this.#board(connection, riders),
      (error: unknown) => {
        for (const rider of riders) rider.lost(unreachable(error));
      },
    );
  }

  #board(connection: Connection, riders: readonly Rider[]): void {
    if (riders.length === 1) return this.#newRide().start(connection, riders);
    // While it was waited for, something heavy may have come.
    this.#newRide().start(
      connection,
      riders.filter(({ isLight }) => isLight),
    );
    for (const rider of riders) if (!rider.isLight) this.goOn([rider]);
  }

  #newRide(): ReadRide {
    return new ReadRide(this.#settings, this);
  }
}

const atOnce = (go: () => void): void => go();
