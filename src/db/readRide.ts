import { afterBurst } from './afterBurst.ts';
import type { Outgoing } from './batch.ts';
import { type CarrierSettings, hangUpGraceMs } from './carrier.ts';
import { classify } from './classify.ts';
import type { Connection, OutgoingBatch } from './connection.ts';
import { type DatabaseError, OperationCancelled, TransactionFailed } from './errors.ts';

/** An operation that reads. */
export interface Rider {
  /** Nothing that it has to send may keep others waiting. */
  readonly isLight: boolean;
  /** What it has to send, as one transaction: empty when nobody waits for it any more. */
  board(ride: ReadRide): readonly Outgoing[];
  /** All of it has been answered. */
  arrived(): void;
  /** No further answer will come. */
  lost(error: DatabaseError): void;
}

interface Seat {
  readonly rider: Rider;
  /** Batches that are not answered yet. */
  underWay: number;
  abandoned: boolean;
}

/** One connection of the pool, for as long as those that came together have something under way on it. */
export class ReadRide {
  readonly #settings: CarrierSettings;
  #connection: Connection | undefined;
  readonly #seats: Seat[] = [];
  /** Why the connection is not used again. */
  #spoilt: string | undefined;
  #cancelling = false;

  constructor(settings: CarrierSettings) {
    this.#settings = settings;
  }

  start(connection: Connection, riders: readonly Rider[]): void {
    this.#connection = connection;
    connection.watch((error) => this.#lose(classify(error).error));
    this.#send(connection, riders);
  }

  /** For a rider that has something under way and something more to send: after this burst, on this connection. */
  goOn(rider: Rider): void {
    // No answer comes within a burst, so it is still under way then; unless it was lost, which the rider heard.
    afterBurst(() => {
      if (this.#connection !== undefined) this.#send(this.#connection, [rider]);
    });
  }

  /**
   * Nobody waits for what this rider has under way. It may end by itself for a moment; then the server is
   * told to cancel what the connection does, unless that is what others wait for.
   */
  abandon(rider: Rider): void {
    setTimeout(() => {
      const seat = this.#seats.find((each) => each.rider === rider);
      if (seat === undefined) return;
      seat.abandoned = true;
      this.#cancelIfAbandoned();
    }, hangUpGraceMs);
  }

  #send(connection: Connection, riders: readonly Rider[]): void {
    const batches: OutgoingBatch[] = [];
    for (const rider of riders) {
      const outgoing = rider.board(this);
      if (outgoing.length === 0) continue;
      const seat = this.#seatOf(rider);
      seat.underWay += 1;
      batches.push({ outgoing, ended: (error) => this.#ended(seat, error) });
    }
    if (batches.length > 0) connection.sendTogether(batches);
    else this.#giveBackIfEmpty();
  }

  #seatOf(rider: Rider): Seat {
    const taken = this.#seats.find((each) => each.rider === rider);
    if (taken !== undefined) return taken;
    const seat = { rider, underWay: 0, abandoned: false };
    this.#seats.push(seat);
    return seat;
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
    this.#giveBackIfEmpty();
    seat.rider.arrived();
    this.#cancelIfAbandoned();
  }

  #giveBackIfEmpty(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#seats.length > 0 || this.#cancelling) return;
    this.#connection = undefined;
    this.#settings.pool.giveBack(connection, this.#spoilt);
  }

  #cancelIfAbandoned(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#cancelling || this.#seats.length === 0) return;
    if (!this.#seats.every(({ abandoned }) => abandoned)) return;
    // A late cancel would hit whoever uses the connection next, so nobody will.
    this.#cancelling = true;
    this.#settings.onEvent({ type: 'cancelSent' });
    void this.#cancel(connection);
  }

  /** One rider's after the other: Postgres works through what it was sent, whether or not it is still heard. */
  async #cancel(connection: Connection): Promise<void> {
    for (let left = this.#seats.length; left > 0; left -= 1) {
      await connection.cancel();
      if (left > 1) await readyOrLate(connection);
    }
    this.#lose(new OperationCancelled('Nobody waits for it any more.'));
  }

  #lose(error: DatabaseError): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#settings.pool.destroy(connection, error.message);
    for (const { rider } of this.#seats.splice(0)) rider.lost(error);
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
