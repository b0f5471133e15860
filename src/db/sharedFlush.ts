import type { RawResult } from './batch.ts';
import { classify } from './classify.ts';
import type { Connection } from './connection.ts';
import { type DatabaseError, OperationTimedOut, transactionFailed } from './errors.ts';
import type { ConnectionPool } from './pool.ts';
import type { StatementBook } from './statementBook.ts';

/** What an operation holds beside its connection, until it has committed. */
export interface Place {
  /** Others wait for it. */
  readonly isWanted: boolean;
  leave(): void;
}

/** Where and when a transaction began that commits without a flush. */
export interface Deferral {
  /** Which start of Postgres. */
  readonly server: string;
  /** By performance.now(). */
  readonly begunAt: number;
}

/** A transaction that Postgres has committed and not flushed. */
export interface Unflushed {
  readonly deferral: Deferral;
  readonly connection: Connection;
  /** Why the connection may not be used by others. */
  readonly spoilt: string | undefined;
}

type Answer = (error: DatabaseError | undefined) => void;

interface Convoy {
  readonly leader: Unflushed;
  /** Whose COMMIT was answered after the flush that is under way had begun. */
  waiting: Answer[];
  /** When the one under way began, by performance.now(). */
  since: number;
}

/** A flush that takes longer may be one whose connection is dead: nobody more waits for it. */
const lateMs = 250;

interface Settings {
  readonly pool: ConnectionPool;
  readonly book: StatementBook;
  readonly poolSize: number;
  readonly closeTimeoutMs: number;
}

/**
 * One flush of Postgres' log for many commits. A transaction holds its connection, its rows' locks and its
 * turn while Postgres writes to the disk. Where others wait for those, it commits with
 * synchronous_commit = off, gives them back at once, and its answer waits here for a flush that began after
 * its COMMIT was answered: a commit of nothing but a message, under the server's own synchronous_commit, so
 * that it waits for standbys too. The log is flushed in order (RecordTransactionCommit in Postgres'
 * xact.c), so what lies before that commit is as safe as it is. One flush at a time, while it is not late,
 * and the next covers all who came meanwhile: 64 connections' creates get through 1.2 to 1.3 times as fast.
 * Where nobody waits it only adds a round trip (0.9 times with 4 connections): then COMMIT flushes, as it
 * always does.
 *
 * Others may see rows before they are flushed. Whatever changes something after that lies behind them in
 * the log, and what changes nothing leaves a message too (Lease), so the success of a write implies what it
 * saw, in this process or another. The mail worker claims a mail by a write before it sends it. A read's
 * answer implies nothing: after a crash it may have shown a change whose caller was told COMMIT_IN_DOUBT.
 *
 * The flush takes the connection of the first who waits, and keeps it while anybody does. It must be one
 * that was open before the transactions that it covers began: when Postgres has crashed and come back
 * since, a new one would flush a log that has lost them. Crashes of its backends do not change its start,
 * and the answer to a COMMIT may be long on its way. So none of them gets another try either.
 */
export class SharedFlush {
  readonly #settings: Settings;
  /** Hardly ever more than one. */
  readonly #convoys = new Set<Convoy>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Somebody waits for what a write would hold while it flushes; with one connection nobody gains. */
  isWorthwhile(place: Place | undefined): boolean {
    const { pool, poolSize } = this.#settings;
    return poolSize > 1 && (pool.isWanted || place?.isWanted === true);
  }

  /** Answers once a flush covers it, or with why nobody knows; its connection is given back by then, or soon. */
  cover(unflushed: Unflushed, answer: Answer): void {
    const convoy = this.#convoyOf(unflushed.deferral);
    if (convoy === undefined) {
      unflushed.connection.watch(undefined);
      this.#flush({ leader: unflushed, waiting: [answer], since: 0 });
    } else {
      convoy.waiting.push(answer);
      this.#settings.pool.giveBack(unflushed.connection, unflushed.spoilt);
    }
  }

  #convoyOf({ server, begunAt }: Deferral): Convoy | undefined {
    const late = performance.now() - lateMs;
    for (const convoy of this.#convoys) {
      const { deferral, connection } = convoy.leader;
      const wasOpen = deferral.server === server && connection.openedAt < begunAt;
      if (wasOpen && convoy.since > late) return convoy;
    }
    return undefined;
  }

  #flush(convoy: Convoy): void {
    const { connection, spoilt } = convoy.leader;
    const { pool, book, closeTimeoutMs } = this.#settings;
    const covered = convoy.waiting;
    convoy.waiting = [];
    convoy.since = performance.now();
    this.#convoys.add(convoy);
    let over = false;
    const end = (error: DatabaseError | undefined): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (error === undefined && convoy.waiting.length > 0) {
        this.#flush(convoy);
      } else {
        this.#convoys.delete(convoy);
        if (error === undefined) pool.giveBack(connection, spoilt);
        else pool.destroy(connection, 'a shared flush failed');
        covered.push(...convoy.waiting);
      }
      for (const answer of covered) answer(error);
    };
    const timer = setTimeout(() => end(new OperationTimedOut('CLOSING')), closeTimeoutMs);
    connection.send(book.own(flushText, [connection.processId]), (error, result) => {
      if (error !== undefined) end(classify(error).error);
      else end(result?.rowCount === 1 ? undefined : transactionFailed(undefined));
    });
  }
}

/** Begins a tenant's transaction that commits without a flush; answers on which server, or null: it does flush. */
export const deferringText = 'select app.open_deferring($1::uuid, $2::int)';

/** No row: a pooler between has passed it to another session than the connection's own. */
export const flushText = `select pg_logical_emit_message(true, 'tenantry', '') where pg_backend_pid() = $1::int`;

/** Of a transaction that changed nothing: with it, its COMMIT flushes what it saw of others. */
export const leaveMessageText = `select pg_logical_emit_message(true, 'tenantry', '')`;

/** Says so for certain; a function may have, too. */
export const changedRows = ({ command, rowCount }: RawResult): boolean =>
  /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(command ?? '') && rowCount !== 0;
