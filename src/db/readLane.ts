import { afterBurst } from './afterBurst.ts';
import { type CarrierSettings, unreachable } from './carrier.ts';
import { ReadRide, type Rider } from './readRide.ts';

/**
 * How many operations share a connection. To write to one takes this process 25 us, half of it to wake
 * Postgres, and under load some six reads come in one turn of the loop: in fours they bring 1.2 to 1.6
 * times the throughput, in twos half of that, all together no more.
 */
const mostTogether = 4;

/**
 * Takes reads to connections. What is light waits for the end of this turn of the event loop and shares a
 * connection with what else is; Postgres answers them one after the other, each a transaction by itself.
 */
export class ReadLane {
  readonly #settings: CarrierSettings;
  #light: Rider[] = [];

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  /** For a rider that has something to send and is on no ride. More may come until it goes out. */
  join(rider: Rider): void {
    if (!rider.isLight) this.#start([rider], afterBurst);
    else if (this.#light.push(rider) === 1) setImmediate(() => this.#depart());
  }

  #depart(): void {
    const together: Rider[] = [];
    for (const rider of this.#light.splice(0)) {
      if (rider.isLight) together.push(rider);
      else this.#start([rider], atOnce);
    }
    // Without pipelining a connection has one batch at a time.
    const rides = Math.ceil(together.length / (this.#settings.pool.pipelines ? mostTogether : 1));
    const each = Math.ceil(together.length / rides);
    for (let from = 0; from < together.length; from += each) {
      this.#start(together.slice(from, from + each), atOnce);
    }
  }

  #start(riders: readonly Rider[], when: (go: () => void) => void): void {
    const { pool } = this.#settings;
    const ride = new ReadRide(this.#settings);
    const atHand = pool.tryAcquire();
    if (atHand !== undefined) return when(() => ride.start(atHand, riders));
    pool.acquire().then(
      (connection) => ride.start(connection, riders),
      (error: unknown) => {
        for (const rider of riders) rider.lost(unreachable(error));
      },
    );
  }
}

const atOnce = (go: () => void): void => go();
