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
  /** Together, on another connection. */
  goOn(riders: readonly Rider[]): void;
  /** The same for those that `leave` names once there is one. Rejects, and asks for nobody, when there will be none. */
  goOnWhenFree(leave: () => readonly Rider[]): Promise<void>;
  /** For a while nobody is to share. */
  stayApart(): void;
}

interface Seat {
  /** undefined: it has left, or waits no more. */
  rider: Rider | undefined;
  /** Batches that Postgres has not answered. */
  underWay: number;
}

/** So long the others wait for the first; then they wait for another connection as well. */
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
  /** Those behind the first wait for another connection. */
  #isInLine = false;
  /** Until the first, for which nobody waits any more, is cancelled. */
  #grace: NodeJS.Timeout | undefined;
  /** Why the connection is not used again. */
  #spoilt: string | undefined;
  #isCancelling = false;

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
      const seat: Seat = { rider, underWay: 1 };
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
   * Nobody waits for what this rider has under way. It may end by itself for a moment. Then the server is told to
   * cancel it, if it is at it: those behind leave before, and those in front of it do not wait for it.
   */
  abandon(rider: Rider): void {
    setTimeout(() => {
      const seat = this.#seats.find((each) => each.rider === rider);
      if (seat === undefined) return;
      if (seat === this.#seats[0]) this.#giveUp();
      else this.#empty(seat);
    }, hangUpGraceMs);
  }

  /** The answers are not this rider's, nor can any be believed that is still to come. */
  distrust(): void {
    this.#lose(new TransactionFailed('What came back belongs to another transaction.'));
  }

  /** Timers come before sockets: what has been answered meanwhile is read first. */
  #awaitFirst(): void {
    this.#patience = setTimeout(() => setImmediate(() => this.#makeWay()), patienceMs);
  }

  /** Those behind the first stay until there is a connection for them: it may be done before. */
  #makeWay(): void {
    const behind = this.#seats.slice(1);
    if (this.#isInLine || behind.every(({ rider }) => rider === undefined)) return;
    this.#others.stayApart();
    this.#isInLine = true;
    const leave = (): readonly Rider[] => {
      this.#isInLine = false;
      return this.#seats.slice(1).flatMap((seat) => this.#empty(seat));
    };
    this.#others.goOnWhenFree(leave).catch(() => {
      this.#isInLine = false;
      if (this.#connection !== undefined) this.#awaitFirst();
    });
  }

  #empty(seat: Seat): readonly Rider[] {
    const { rider } = seat;
    if (rider === undefined) return [];
    seat.rider = undefined;
    rider.leave();
    return [rider];
  }

  #moveOn(seats: readonly Seat[]): void {
    const riders = seats.flatMap((seat) => this.#empty(seat));
    if (riders.length > 0) this.#others.goOn(riders);
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
    if (this.#seats.length === 0 && !this.#isCancelling) this.#giveBack(connection);
    else this.#watchFirst();
    seat.rider?.arrived();
  }

  /** Of what one had under way that has left: nobody's time limit ends it. */
  #watchFirst(): void {
    clearTimeout(this.#grace);
    const [first] = this.#seats;
    if (first === undefined || first.rider !== undefined) return;
    this.#grace = setTimeout(() => this.#giveUp(), hangUpGraceMs);
  }

  #giveBack(connection: Connection): void {
    this.#endWaiting();
    this.#settings.pool.giveBack(connection, this.#spoilt);
  }

  #endWaiting(): void {
    this.#connection = undefined;
    clearTimeout(this.#patience);
    clearTimeout(this.#grace);
  }

  #giveUp(): void {
    this.#moveOn(this.#seats.slice(1));
    this.#cancel();
  }

  #cancel(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#isCancelling) return;
    // A late cancel would hit whoever uses the connection next, so nobody will.
    this.#isCancelling = true;
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
    this.#endWaiting();
    this.#settings.pool.destroy(connection, error.message);
    const [first, ...others] = this.#seats.splice(0);
    first?.rider?.lost(error);
    this.#moveOn(others);
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
