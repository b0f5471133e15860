import {
  type DatabaseError,
  OperationCancelled,
  OperationTimedOut,
  transactionFailed,
} from '../errors.ts';
import type { Outgoing } from '../wire/batch.ts';
import { classify } from '../wire/classify.ts';
import type { RawResult } from '../wire/rawResult.ts';
import type { Statement } from '../wire/statement.ts';
import {
  type Carrier,
  type CarrierSettings,
  type CarrierTerms,
  ended,
  type Pending,
  rolledBack,
  type Settle,
} from './carrier.ts';
import type { ReadLane } from './readLane.ts';
import type { ReadRide, Rider } from './readRide.ts';

/** Statements of one read that are light together. */
const mostLight = 4;

/**
 * A read's statements. Those that are issued in one burst go out as one batch behind
 * `app.open_read(tenant)`, which Postgres runs as one transaction that ends with the batch: no BEGIN,
 * no COMMIT, and nothing stays open between two waves, so the connection serves others meanwhile.
 */
export class ReadWaves implements Carrier, Rider {
  readonly #terms: CarrierTerms;
  readonly #settings: CarrierSettings;
  readonly #lane: ReadLane;
  #started = false;
  /** What goes out next, and is waited for by a connection. */
  #held: Pending[] = [];
  #isLight = true;
  #sent: Pending[] = [];
  #ride: ReadRide | undefined;
  #failure: DatabaseError | undefined;
  /** The first statement that Postgres refused. */
  #refused: DatabaseError | undefined;
  #ending: PromiseWithResolvers<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(terms: CarrierTerms, settings: CarrierSettings, lane: ReadLane) {
    this.#terms = terms;
    this.#settings = settings;
    this.#lane = lane;
  }

  get started(): boolean {
    return this.#started;
  }

  get failure(): DatabaseError | undefined {
    return this.#failure;
  }

  get unanswered(): number {
    return this.#sent.length + this.#held.length;
  }

  get isWaiting(): boolean {
    return this.#held.length > 0;
  }

  get isLight(): boolean {
    return this.#isLight && this.#held.length <= mostLight;
  }

  send(statement: Statement, settle: Settle): void {
    if (this.#failure !== undefined) return settle(this.#failure, undefined);
    if (!this.#started) this.#start();
    this.#isLight &&= statement.light;
    if (this.#held.push({ statement, settle }) > 1) return;
    if (this.#ride === undefined) this.#lane.join(this);
    else this.#ride.goOn(this);
  }

  commit(): Promise<void> {
    const ending = this.#end();
    this.#settleEnding();
    return ending;
  }

  rollback(): Promise<void> {
    this.#interrupt(rolledBack());
    const returned = this.#end().catch(() => undefined);
    this.#settleEnding();
    return returned;
  }

  board(ride: ReadRide): readonly Outgoing[] {
    const held = this.#held;
    if (held.length === 0) return none;
    this.#held = [];
    this.#isLight = true;
    this.#ride = ride;
    const { book } = this.#settings;
    const opening = book.own('select app.open_read($1::uuid)', [this.#terms.tenantId]);
    const outgoing = [outgoingOf(opening, (error, result) => this.#opened(ride, error, result))];
    for (const pending of held) {
      this.#sent.push(pending);
      outgoing.push(
        outgoingOf(pending.statement, (error, result) =>
          this.#answered(ride, pending, error, result),
        ),
      );
    }
    return outgoing;
  }

  arrived(): void {
    this.#ride = undefined;
    if (this.#held.length > 0) this.#lane.join(this);
    else this.#settleEnding();
  }

  leave(): void {
    this.#ride = undefined;
    this.#held = [...this.#sent.splice(0), ...this.#held];
    this.#settleEnding();
  }

  lost(error: DatabaseError): void {
    this.#ride = undefined;
    this.#fail(error);
    this.#settleEnding();
  }

  #start(): void {
    this.#started = true;
    const { operationTimeoutMs } = this.#settings;
    this.#timer = setTimeout(
      () => this.#interrupt(new OperationTimedOut('OPERATION')),
      operationTimeoutMs,
    );
    this.#terms.signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#interrupt(new OperationCancelled('The caller went away.', this.#terms.signal?.reason));
  };

  #opened(ride: ReadRide, error: Error | undefined, result: RawResult | undefined): void {
    if (ride !== this.#ride) return; // sent again
    if (error !== undefined) this.#fail(classify(error).error);
    // Answers are known by their order alone: were one lost or doubled, the next would be another tenant's.
    else if (result?.rows[0]?.[0] !== `on${this.#terms.tenantId}`) ride.distrust();
  }

  #answered(
    ride: ReadRide,
    pending: Pending,
    error: Error | undefined,
    result: RawResult | undefined,
  ): void {
    if (ride !== this.#ride) return; // sent again
    const place = this.#sent.indexOf(pending); // hardly ever another than the first
    if (place === -1) return; // settled when it failed
    if (error === undefined && result !== undefined) {
      this.#sent.splice(place, 1);
      return pending.settle(undefined, result);
    }
    const { error: failure, reusable } = classify(error ?? new Error('no answer'));
    if (!reusable) return this.#fail(failure);
    this.#refused ??= failure;
    this.#sent.splice(place, 1);
    pending.settle(failure, undefined);
  }

  /** Fences at once; what is under way is its ride's to end. */
  #interrupt(error: DatabaseError): void {
    if (this.#failure !== undefined) return;
    this.#fail(error);
    this.#ride?.abandon(this);
    this.#settleEnding();
  }

  #fail(error: DatabaseError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    this.#terms.signal?.removeEventListener('abort', this.#onAbort);
    const waiting = [...this.#sent.splice(0), ...this.#held.splice(0)];
    for (const pending of waiting) pending.settle(error, undefined);
  }

  #end(): Promise<void> {
    this.#ending ??= Promise.withResolvers<void>();
    return this.#ending.promise;
  }

  #settleEnding(): void {
    if (this.#ending === undefined || this.#ride !== undefined || this.unanswered > 0) return;
    const failure = this.#failure ?? (this.#refused && transactionFailed(this.#refused));
    this.#fail(ended);
    if (failure === undefined) this.#ending.resolve();
    else this.#ending.reject(failure);
  }
}

const none: readonly Outgoing[] = [];

const outgoingOf = (statement: Statement, answer: Outgoing['answer']): Outgoing => ({
  statement,
  answer,
  written: undefined,
  alone: false,
});
