import type { Duplex } from 'node:stream';
import pg from 'pg';
import { classify, failedTransactionState } from './classify.ts';
import { MessageWriter } from './messageWriter.ts';
import { type RawResult, type ResultField, resultOf } from './rawResult.ts';
import type { RawRow } from './rowReader.ts';
import type { Statement } from './statement.ts';

export type Answer = (error: Error | undefined, result: RawResult | undefined) => void;

export interface Outgoing {
  readonly statement: Statement;
  readonly answer: Answer;
  /** Called when it goes out. */
  readonly written: (() => void) | undefined;
  /** With a Sync of its own: COMMIT and ROLLBACK must run whatever became of what is before them. */
  readonly alone: boolean;
}

/** Statements with one Sync behind them: a transaction by themselves, or part of one. */
export interface OutgoingBatch {
  readonly outgoing: readonly Outgoing[];
  /** Called once, after the answers, with why there is none for all of its statements. */
  readonly ended: ((error: Error | undefined) => void) | undefined;
}

/** What one connection's session has prepared. */
export interface Prepared {
  /** By name: what Postgres described; null: prepared, but not described yet. */
  readonly fields: Map<string, readonly ResultField[] | null>;
  /** Names whose Parse is on its way and may still fail. */
  readonly pending: Set<string>;
  /** Names whose Parse came to nothing: Postgres knows nothing of them, but PgBouncer in front of it may. */
  readonly undone: Set<string>;
}

interface BatchEvents {
  /** Everything has been answered, or nothing more will be; the answers are given right after. */
  settled(batch: Batch): void;
  /** What comes back does not fit what was asked, so nothing that is still to come can be believed. */
  confused(error: Error): void;
  /** Calls back when the server is ready again after an error. */
  afterReady(listener: () => void): void;
  /** After the answers: whether its Sync found an error, which may be COMMIT's where that is what the Sync does. */
  readonly ended: ((error: Error | undefined) => void) | undefined;
}

interface Part {
  readonly outgoing: Outgoing;
  readonly named: boolean;
  readonly parse: boolean;
  /** Before its Parse: PgBouncer (1.25) ends a connection that parses a name twice, whatever became of the first. */
  readonly close: boolean;
  readonly describe: boolean;
  fields: readonly ResultField[];
  readonly rows: RawRow[];
  tag: string | undefined;
}

/**
 * pg's Query as a base, for its pipeline lets nothing else in, but without what its constructor does
 * (2 % of a product by id): of that class only the place in pg's queues is used.
 */
function PlacedInQueue(): void {
  // What pg's constructor sets up serves its own way of sending and reading.
}
PlacedInQueue.prototype = pg.Query.prototype;
const Query = PlacedInQueue as unknown as new () => object;

/** One for all: what is written is taken before anything else can happen. */
const writer = new MessageWriter();
let isGathering = false;

/**
 * Writes the batches that `submit` hands to pg in one piece: a socket's writev takes twice as long as its write.
 * Of batches that threw nothing is written, for half a message would take the next one's bytes for its own.
 */
export function writeTogether(stream: Duplex, submit: () => void): void {
  writer.start();
  isGathering = true;
  try {
    submit();
  } finally {
    isGathering = false;
  }
  const bytes = writer.take();
  if (bytes.length > 0) stream.write(bytes);
}

/**
 * Several statements with one Sync behind them (PostgreSQL protocol, "Extended Query" and
 * "Pipelining"). After an error the server discards the rest up to the Sync: a BEGIN that fails takes
 * everything behind it along, where a Sync after each statement, as pg's own queries have it, would
 * run that in autocommit. And what stands between two Syncs outside of a transaction is one
 * transaction by itself.
 */
export class Batch extends Query {
  readonly #parts: Part[];
  readonly #prepared: Prepared;
  readonly #events: BatchEvents;
  #current = 0;
  #parseCompletes = 0;
  /** What the server refused, while its ReadyForQuery is awaited. */
  #refusal: Error | undefined;
  #over = false;

  constructor(outgoing: readonly Outgoing[], prepared: Prepared, events: BatchEvents) {
    super();
    this.#prepared = prepared;
    this.#events = events;
    const mine: string[] = [];
    this.#parts = outgoing.map((each) => {
      const { name } = each.statement;
      const known = name === undefined ? undefined : prepared.fields.get(name);
      // Nearly all there are.
      if (known) return partOf(each, known);
      // While another batch's Parse of this name is on its way, this one goes without a name: to
      // parse it again would be a double (42P05), to rely on it a gamble (26000).
      const named = name !== undefined && (mine.includes(name) || !prepared.pending.has(name));
      const parse = !named || (known === undefined && !mine.includes(name));
      const close = named && parse && prepared.undone.delete(name);
      if (named && parse) {
        mine.push(name);
        prepared.pending.add(name);
      }
      return { ...partOf(each, none), named, parse, close, describe: true };
    });
  }

  /**
   * Called by pg: mostly at once, while it is gathered. Without pipelining pg keeps back what is sent while
   * something is under way (ReadRide.goOn) until Postgres is ready: then it writes itself.
   */
  submit(connection: { stream: Duplex }): null {
    if (!isGathering) writer.start();
    for (const { outgoing, named, parse, close, describe } of this.#parts) {
      const { text, values, name } = outgoing.statement;
      const statement = named ? (name ?? '') : '';
      if (close) writer.closeStatement(statement);
      if (parse) writer.parse(statement, text);
      writer.bind(statement, values);
      if (describe) writer.describe();
      writer.execute();
    }
    writer.sync();
    if (!isGathering) connection.stream.write(writer.take());
    return null;
  }

  /** Told by the connection, for pg passes it on only to queries with a name. */
  handleParseComplete(): void {
    this.#parseCompletes += 1;
  }

  handleRowDescription(message: { fields: readonly ResultField[] }): void {
    const part = this.#parts[this.#current];
    if (part !== undefined) part.fields = message.fields;
  }

  handleDataRow(message: { fields: RawRow }): void {
    this.#parts[this.#current]?.rows.push(message.fields);
  }

  handleCommandComplete(message: { text: string }): void {
    const part = this.#parts[this.#current];
    const { text } = message;
    if (part === undefined) return this.#doubt('an answer to nothing');
    // Without fields it is SELECT INTO, whose rows are elsewhere.
    const answers = part.fields.length > 0 && text.startsWith('SELECT ');
    if (answers && Number(text.slice(7)) !== part.rows.length) {
      return this.#doubt('not as many rows as it says');
    }
    part.tag = text;
    this.#current += 1;
  }

  handleEmptyQuery(): void {
    this.#current += 1;
  }

  handleReadyForQuery(): void {
    if (this.#current < this.#parts.length) return this.#doubt('no answer');
    this.#settle(undefined);
  }

  /** Answers are known by their order alone, so what else they say has to fit. */
  #doubt(what: string): void {
    this.#events.confused(new Error(`what came back is not what was asked for: ${what}`));
  }

  handleError(error: Error): void {
    // A plain ERROR is followed by ReadyForQuery, which says what became of the transaction.
    if (!classify(error).refused) return this.abandon(error);
    this.#refusal = error;
    this.#events.afterReady(() => this.#settle(error));
  }

  handleCopyInResponse(connection: unknown): void {
    (connection as { sendCopyFail(reason: string): void }).sendCopyFail('COPY is refused');
  }

  /** The connection is gone. Nothing more will be answered, and rows without their end are none. */
  abandon(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.settled(this);
    const answers = this.#parts.map(({ outgoing }) => outgoing.answer);
    // First what is certain: a transaction with a refused statement can't have been committed.
    if (this.#refusal !== undefined) {
      for (const answer of answers.splice(this.#current, 1)) answer(this.#refusal, undefined);
    }
    for (const answer of answers) answer(error, undefined);
    this.#events.ended?.(this.#refusal ?? error);
  }

  #settle(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#remember();
    this.#events.settled(this);
    for (let index = 0; index < this.#parts.length; index += 1) {
      const { outgoing, fields, rows, tag } = this.#parts[index] as Part;
      if (error === undefined || index < this.#current) {
        outgoing.answer(undefined, resultOf(tag, fields, rows));
      } else {
        outgoing.answer(index === this.#current ? error : behind(error), undefined);
      }
    }
    this.#events.ended?.(error);
  }

  #remember(): void {
    let completes = this.#parseCompletes;
    const discarded: string[] = [];
    for (let index = 0; index < this.#parts.length; index += 1) {
      const { outgoing, named, parse, describe, fields } = this.#parts[index] as Part;
      if (!describe) continue;
      const name = named ? outgoing.statement.name : undefined;
      if (parse) {
        completes -= 1;
        if (name !== undefined) this.#prepared.pending.delete(name);
        if (completes < 0) {
          if (name !== undefined) {
            discarded.push(name);
            this.#prepared.undone.add(name);
          }
          continue;
        }
      }
      // The same text again in this batch has no Parse of its own.
      if (name !== undefined && !discarded.includes(name)) {
        this.#prepared.fields.set(name, index < this.#current ? fields : null);
      }
    }
  }
}

const none: readonly ResultField[] = [];

/** Of a statement that is prepared and described. */
const partOf = (outgoing: Outgoing, fields: readonly ResultField[]): Part => ({
  outgoing,
  named: true,
  parse: false,
  close: false,
  describe: false,
  fields,
  rows: [],
  tag: undefined,
});

/** Of what stood behind a failed statement: the server discarded it unread. */
function behind(error: Error): Error {
  if (!classify(error).refused) return error;
  const skipped = new pg.DatabaseError('a statement before this one failed', 0, 'error');
  skipped.code = failedTransactionState;
  skipped.severity = 'ERROR';
  return skipped;
}
