import type { RawResult } from '../wire/rawResult.ts';
import type { Statement } from '../wire/statement.ts';
import type { StatementBook } from '../wire/statementBook.ts';
import type { WireValue } from '../wire/wireValues.ts';
import type { Pending } from './carrier.ts';

/** What is sent, and what it stands for; each of these has made one row of it. */
export interface Piece {
  readonly statement: Statement;
  readonly stands: readonly Pending[];
}

/** An INSERT of one row, cut where further rows go. */
interface RowInsert {
  readonly head: string;
  readonly row: readonly string[];
  readonly tail: string;
}

/**
 * As Drizzle writes an INSERT of one row of plain values: parameters in their order, and defaults. What has
 * anything else in it (expressions, ON CONFLICT) is not of this form, and stays by itself.
 */
const rowInsert =
  /^(insert into (?:"\w+"\.)?"\w+" \((?:"\w+"(?:, )?)+\) values )\(((?:(?:\$\d+|default)(?:, )?)+)\)((?: returning [^$]*)?)$/;

/** Each is a statement that every backend keeps, so there are no more of them than `mostTexts`. */
const lengths = [16, 8, 7, 6, 5, 4, 3, 2];
const mostTexts = 128;

/**
 * INSERTs of one row with the same text → INSERTs of several. What Postgres does once a statement is more
 * than a third of what a row takes: it reads the checks and generated columns anew, and starts the plan.
 */
export class JoinedInserts {
  readonly #book: StatementBook;
  /** By the text of one row and how many there are. */
  readonly #texts = new Map<string, string>();

  constructor(book: StatementBook) {
    this.#book = book;
  }

  /** Adds what is to be sent for statements that have nothing to do with each other: their order may change. */
  join(statements: readonly Pending[], pieces: Piece[]): void {
    const alike = new Map<string, Pending[]>();
    for (const pending of statements) {
      const { text } = pending.statement;
      const known = alike.get(text);
      if (known === undefined) alike.set(text, [pending]);
      else known.push(pending);
    }
    for (const each of alike.values()) this.#cut(each, pieces);
  }

  #cut(alike: readonly Pending[], pieces: Piece[]): void {
    let rest = alike;
    for (const length of lengths) {
      while (rest.length >= length) {
        const stands = rest.slice(0, length);
        const statement = this.#joined(stands.map((pending) => pending.statement));
        if (statement === undefined) break;
        pieces.push({ statement, stands });
        rest = rest.slice(length);
      }
    }
    for (const pending of rest) pieces.push({ statement: pending.statement, stands: [pending] });
  }

  #joined(rows: readonly Statement[]): Statement | undefined {
    const [{ text, name }] = rows as [Statement];
    // A text that has no name does not come often, or names are switched off.
    if (name === undefined) return undefined;
    const key = `${rows.length} ${text}`;
    let joined = this.#texts.get(key);
    if (joined === undefined) {
      joined = this.#texts.size < mostTexts ? textOf(text, rows.length) : undefined;
      if (joined === undefined) return undefined;
      this.#texts.set(key, joined);
    }
    const values: WireValue[] = [];
    for (const row of rows) values.push(...row.values);
    return this.#book.own(joined, values);
  }
}

/** undefined: it can't be joined. */
function textOf(text: string, rows: number): string | undefined {
  const parts = readRowInsert(text);
  if (parts === null) return undefined;
  let parameter = 0;
  const next = (): string => {
    parameter += 1;
    return `$${parameter}`;
  };
  const lists = Array.from(
    { length: rows },
    () => `(${parts.row.map((value) => (value === 'default' ? value : next())).join(', ')})`,
  );
  return `${parts.head}${lists.join(', ')}${parts.tail}`;
}

function readRowInsert(text: string): RowInsert | null {
  const [, head, list, tail] = rowInsert.exec(text) ?? [];
  if (head === undefined || list === undefined || tail === undefined) return null;
  const row = list.split(', ');
  const parameters = row.filter((value) => value !== 'default');
  const isInOrder = parameters.every((value, index) => value === `$${index + 1}`);
  return isInOrder ? { head, row, tail } : null;
}

/** One statement's part of what a piece has answered. */
export function partOf(piece: Piece, result: RawResult, place: number): RawResult {
  if (piece.stands.length === 1) return result;
  const row = result.rows[place];
  return { ...result, rowCount: 1, rows: row === undefined ? [] : [row] };
}
