import { type DatabaseError, OperationCancelled, TransactionFailed } from '../errors.ts';
import { afterBurst } from '../wire/afterBurst.ts';
import type { Outgoing, OutgoingBatch } from '../wire/batch.ts';
import { classify } from '../wire/classify.ts';
import type { Connection } from '../wire/connection.ts';
import { type CarrierSettings, hangUpGraceMs } from './carrier.ts';

/** An operation that reads. */
export interface Rider {
  /** It has something to send. */
  readonly isWaiting: boolean;
  /** Nothing of that may keep others waiting. */
  readonly isLight: boolean;
  /** What it has to send, as one transaction: empty when nobody waits for it any more. */
  board(ride: ReadRide): readonly Outgoing[];
  /** All of it has been answered. */
  arrived(): void;
  /** What is not answered yet is to be sent again, and is not answered by this ride. */
  leave(): void;
  /** No further answer will come. */
  lost(error: DatabaseError): void;
}

/** Where those that leave a ride go on. */
export interface OtherRides {
  /** On a connection of its own: on this one, or when there is one. */
  goOn(rider: Rider, connection?: Connection): void;
  /** For a while nobody is to share. */
  stayApart(): void;
}

interface Seat {
  /** undefined: it has left. */
  rider: Rider | undefined;
  /** Batches that Postgres has not answered. */
  underWay: number;
  /** Nobody waits for the answers. */
  abandoned: boolean;
}

/** So long the others wait for the first at the most, where there is another connection. */
const patienceMs = 20;

/**
 * One connection of the pool, for as long as those that came together have something under way on it. They
 * wait for each other, so what is light must not be believed: who waits too long for another, for one that
 * was hung up, or on a connection that broke under another leaves, and sends again what it reads.
 */
export class ReadRide {
  readonly #settings: CarrierSettings;
  readonly #others: OtherRides;
  #connection: Connection | undefined;
  /** In the order in which Postgres answers. */
  readonly #seats: Seat[] = [];
  #isShared = false;
  #patience: NodeJS.Timeout | undefined;
  /** Why the connection is not used again. */
  #spoilt: string | undefined;
  #cancelling = false;

  constructor(settings: CarrierSettings, others: OtherRides) {
    this.#settings = settings;
    this.#others = others;
  }

  start(connection: Connection, riders: readonly Rider[]): void {
    this.#connection = connection;
    connection.watch((error) => this.#lose(classify(error).error));
    const batches: OutgoingBatch[] = [];
    for (const rider of riders) {
      const outgoing = rider.board(this);
      if (outgoing.length === 0) continue;
      const seat: Seat = { rider, underWay: 1, abandoned: false };
      this.#seats.push(seat);
      batches.push({ outgoing, ended: (error) => this.#ended(seat, error) });
    }
    if (batches.length === 0) return this.#giveBack(connection);
    this.#isShared = batches.length > 1;
    if (this.#isShared) this.#awaitFirst();
    connection.sendTogether(batches);
  }

  /** For a rider that has something under way and more to send: after this burst; where it has company, when it has arrived. */
  goOn(rider: Rider): void {
    if (this.#isShared) return;
    // No answer comes within a burst, so it is still under way then; unless it was lost, which the rider heard.
    afterBurst(() => {
      const [seat] = this.#seats;
      if (this.#connection === undefined || seat === undefined) return;
      const outgoing = rider.board(this);
      if (outgoing.length === 0) return;
      seat.underWay += 1;
      this.#connection.sendTogether([{ outgoing, ended: (error) => this.#ended(seat, error) }]);
    });
  }

  /**
   * Nobody waits for what this rider has under way. It may end by itself for a moment; then the server is
   * told to cancel what the connection does, and who else is on it leaves.
   */
  abandon(rider: Rider): void {
    setTimeout(() => {
      const seat = this.#seats.find((each) => each.rider === rider);
      if (seat === undefined) return;
      seat.abandoned = true;
      for (const other of this.#seats) {
        if (!other.abandoned) this.#moveOn(other);
      }
      this.#cancel();
    }, hangUpGraceMs);
  }

  /** Timers come before sockets: what has been answered meanwhile is read first. */
  #awaitFirst(): void {
    this.#patience = setTimeout(() => setImmediate(() => this.#makeWay()), patienceMs);
  }

  #makeWay(): void {
    if (this.#connection === undefined || this.#cancelling || this.#seats.length < 2) return;
    this.#others.stayApart();
    for (const seat of this.#seats.slice(1)) {
      if (seat.rider === undefined) continue;
      const free = this.#settings.pool.tryAcquire();
      if (free === undefined) return this.#awaitFirst();
      this.#moveOn(seat, free);
    }
  }

  #moveOn(seat: Seat, connection?: Connection): void {
    const { rider } = seat;
    if (rider === undefined) return;
    seat.rider = undefined;
    rider.leave();
    this.#others.goOn(rider, connection);
  }

  #ended(seat: Seat, error: Error | undefined): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (error !== undefined) {
      const { error: failure, lost, reusable } = classify(error);
      if (lost) return this.#lose(failure);
      if (!reusable) this.#spoilt ??= failure.message;
    }
    // What follows on this connection would run in somebody else's transaction.
    if (connection.transactionStatus !== 'I') {
      return this.#lose(new TransactionFailed('A read left a transaction open.'));
    }
    seat.underWay -= 1;
    if (seat.underWay > 0) return;
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    if (this.#seats.length === 0 && !this.#cancelling) this.#giveBack(connection);
    seat.rider?.arrived();
  }

  #giveBack(connection: Connection): void {
    this.#connection = undefined;
    clearTimeout(this.#patience);
    this.#settings.pool.giveBack(connection, this.#spoilt);
  }

  #cancel(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#cancelling) return;
    // A late cancel would hit whoever uses the connection next, so nobody will.
    this.#cancelling = true;
    this.#settings.onEvent({ type: 'cancelSent' });
    void this.#cancelAll(connection);
  }

  /** One batch after the other: Postgres works through what it was sent, whether or not it is still heard. */
  async #cancelAll(connection: Connection): Promise<void> {
    let left = this.#seats.reduce((sum, { underWay }) => sum + underWay, 0);
    for (; left > 0; left -= 1) {
      await connection.cancel();
      if (left > 1) await readyOrLate(connection);
    }
    this.#lose(new OperationCancelled('Nobody waits for it any more.'));
  }

  /** The first is what it was lost with; the others may have better luck. */
  #lose(error: DatabaseError): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    clearTimeout(this.#patience);
    this.#settings.pool.destroy(connection, error.message);
    for (const [place, seat] of this.#seats.splice(0).entries()) {
      if (place === 0 || seat.abandoned) seat.rider?.lost(error);
      else this.#moveOn(seat);
    }
  }
}

function readyOrLate(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, hangUpGraceMs);
    connection.whenReady(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
