import {
  CommitInDoubt,
  type DatabaseError,
  OperationCancelled,
  OperationTimedOut,
  TransactionFailed,
} from '../errors.ts';
import { classify } from '../wire/classify.ts';
import type { Connection } from '../wire/connection.ts';
import type { RawResult } from '../wire/rawResult.ts';
import type { Statement } from '../wire/statement.ts';
import { type CarrierSettings, type CarrierTerms, unreachable } from './carrier.ts';
import { tenantSetting } from './opening.ts';

/**
 * Called once: with each statement's result when all of it is committed, or with why nothing of it persists;
 * with CommitInDoubt nobody knows.
 */
export type Fate = (failure: DatabaseError | undefined, results: readonly RawResult[]) => void;

/**
 * One tenant's transaction that is whole before anything of it is sent: the tenant's setting and the
 * statements in one batch. Outside of BEGIN what stands in front of a Sync is one transaction, which Postgres
 * commits at the Sync (protocol, "Pipelining"), so there is no BEGIN that could fail and leave the rest to
 * autocommit: when the setting or anything else fails, the server discards what is behind it, and nothing
 * persists. It says that it is ready again only when the commit is done.
 */
export class WholeTransaction {
  readonly #statements: readonly Statement[];
  readonly #terms: CarrierTerms;
  readonly #settings: CarrierSettings;
  readonly #fate: Fate;
  #connection: Connection | undefined;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    statements: readonly Statement[],
    terms: CarrierTerms,
    settings: CarrierSettings,
    fate: Fate,
  ) {
    this.#statements = [tenantSetting(settings.book, terms), ...statements];
    this.#terms = terms;
    this.#settings = settings;
    this.#fate = fate;
  }

  send(): void {
    const { pool, operationTimeoutMs } = this.#settings;
    this.#timer = setTimeout(this.#onTimeout, operationTimeoutMs);
    const atHand = pool.tryAcquire();
    if (atHand !== undefined) return this.#sendOn(atHand);
    this.#terms.signal?.addEventListener('abort', this.#onAbort);
    pool.acquire().then(
      (connection) => this.#sendOn(connection),
      (error: unknown) => this.#end(unreachable(error)),
    );
  }

  #sendOn(connection: Connection): void {
    if (this.#over) return this.#settings.pool.release(connection);
    this.#terms.signal?.removeEventListener('abort', this.#onAbort);
    this.#connection = connection;
    connection.watch((error) => this.#lose(classify(error).error));
    connection.sendWhole(this.#statements, (error, results) => {
      if (error === undefined) this.#committed(connection, results);
      else this.#failed(connection, error);
    });
  }

  #committed(connection: Connection, results: readonly RawResult[]): void {
    if (this.#over) return;
    const { pool } = this.#settings;
    if (results[0]?.rows[0]?.[0] !== this.#terms.tenantId) {
      return this.#lose(new TransactionFailed('What came back belongs to another transaction.'));
    }
    if (connection.transactionStatus === 'I') {
      pool.release(connection);
      return this.#end(undefined, results.slice(1));
    }
    // What was not committed ends with the connection.
    pool.destroy(connection, 'a statement began a transaction');
    this.#end(new TransactionFailed('A statement began a transaction of its own.'));
  }

  #failed(connection: Connection, error: Error): void {
    if (this.#over) return;
    const { error: failure, lost, reusable } = classify(error);
    if (lost) return this.#lose(failure);
    this.#settings.pool.giveBack(connection, reusable ? undefined : failure.message);
    this.#end(failure);
  }

  /** No answer will come. */
  #lose(error: DatabaseError): void {
    if (this.#over) return;
    if (this.#connection === undefined) return this.#end(error);
    const doubt = new CommitInDoubt(error);
    this.#settings.onEvent({ type: 'commitInDoubt', error: doubt });
    this.#settings.pool.destroy(this.#connection, error.message);
    this.#end(doubt);
  }

  readonly #onTimeout = (): void => this.#lose(new OperationTimedOut('OPERATION'));

  /** Only while it waits for a connection: a commit under way is never cancelled. */
  readonly #onAbort = (): void =>
    this.#end(new OperationCancelled('The caller went away.', this.#terms.signal?.reason));

  #end(failure: DatabaseError | undefined, results: readonly RawResult[] = []): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#terms.signal?.removeEventListener('abort', this.#onAbort);
    this.#fate(failure, results);
  }
}
