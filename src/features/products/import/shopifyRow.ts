import { parseAmount } from './amount.ts';
import type { CsvRow } from './csvRecords.ts';
import type { ProblemCode } from './draft.ts';
import { importLimits } from './limits.ts';
import { type ProblemList, shown, tooLong } from './problem.ts';
import type { ShopifyColumns, ShopifyField } from './shopifyColumns.ts';
import { webAddressProblem } from './webAddress.ts';

/**
 * One line of a Shopify CSV by field name. Reading a cell that can't be used reports the problem
 * with line and column and gives `null`, so that all the problems of a line come out at once.
 */
export class ShopifyRow {
  readonly line: number;
  readonly #lastLine: number;
  readonly reference: string | null;
  readonly columns: ShopifyColumns;
  readonly #cells: readonly string[];
  readonly #problems: ProblemList;

  constructor(row: CsvRow, columns: ShopifyColumns, problems: ProblemList) {
    this.line = row.line;
    this.#lastLine = row.lastLine;
    this.columns = columns;
    this.#cells = row.cells;
    this.#problems = problems;
    this.reference = this.text('handle') || null;
  }

  get problemCount(): number {
    return this.#problems.count;
  }

  has(field: ShopifyField): boolean {
    return this.columns.index.has(field);
  }

  /** The trimmed cell; empty when the cell is blank or the file has no such column. */
  text(field: ShopifyField): string {
    const index = this.columns.index.get(field);
    return index === undefined ? '' : (this.#cells[index] ?? '').trim();
  }

  at(index: number): string {
    return (this.#cells[index] ?? '').trim();
  }

  report(field: ShopifyField | null, code: ProblemCode, message: string): null {
    const index = field === null ? undefined : this.columns.index.get(field);
    return this.reportAt(index ?? null, code, message);
  }

  reportAt(index: number | null, code: ProblemCode, message: string): null {
    const column = index === null ? null : (this.columns.names[index] ?? null);
    const externalReference = this.reference?.slice(0, importLimits.referenceLength) ?? null;
    this.#problems.add({ row: this.line, column, code, message, externalReference });
    return null;
  }

  /**
   * A text with at most `length` characters on one line, `null` when blank. A title over several
   * lines is how a quote looks that was left open and closed by a later record's.
   */
  label(field: ShopifyField, length: number = importLimits.labelLength): string | null {
    const text = this.text(field);
    if (text.includes('\n')) {
      const message = `The text goes on to another line, perhaps because a quote is missing; the lines ${this.line} to ${this.#lastLine} were read as one record.`;
      return this.report(field, 'INVALID_CHARACTER', message);
    }
    if (text.length <= length) return text || null;
    return this.report(field, 'TOO_LONG', tooLong(text, length));
  }

  /** A code that Shopify's export shields from spreadsheets with an apostrophe (`'0042`). */
  code(field: ShopifyField): string | null {
    return this.label(field)?.replace(/^'(?=[\d=+@-])/, '') ?? null;
  }

  amount(field: ShopifyField): string | null {
    const text = this.text(field);
    if (text === '') return null;
    const parsed = parseAmount(text);
    return 'value' in parsed ? parsed.value : this.report(field, parsed.code, parsed.message);
  }

  /** A whole number; pandas writes `3.0` where a column has gaps. */
  integer(field: ShopifyField): number | null {
    const text = this.text(field);
    if (text === '') return null;
    const digits = /^(-?\d+)(?:\.0+)?$/.exec(text)?.[1];
    if (digits === undefined) {
      const message = `${shown(text)} is not a whole number; write digits only, such as 1200.`;
      return this.report(field, 'INVALID_NUMBER', message);
    }
    const value = Number(digits);
    if (Math.abs(value) <= importLimits.stock) return value;
    const message = `${shown(text)} is too large; at most ${importLimits.stock}.`;
    return this.report(field, 'NUMBER_TOO_LARGE', message);
  }

  url(field: ShopifyField): string | null {
    const text = this.text(field);
    if (text === '') return null;
    const problem = webAddressProblem(text);
    return problem === undefined ? text : this.report(field, problem.code, problem.message);
  }

  flag(field: ShopifyField): boolean | null {
    const text = this.text(field).toLowerCase();
    if (text === '') return null;
    if (['true', 'yes', '1'].includes(text)) return true;
    if (['false', 'no', '0'].includes(text)) return false;
    return this.report(field, 'INVALID_VALUE', `${shown(text)} is neither true nor false.`);
  }
}
