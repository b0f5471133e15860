import type { ImportItem, ProblemCode, RowProblem } from './draft.ts';

/** A piece of the file for a message: quoted, on one line, and never a megabyte long. */
export function shown(value: string): string {
  const text = value.length > 60 ? `${value.slice(0, 60).toWellFormed()}…` : value;
  return JSON.stringify(text);
}

export function tooLong(text: string, length: number): string {
  return `The text has ${text.length} characters; at most ${length} are allowed.`;
}

/** A problem that ends the reading: it belongs to the file, not to one product. */
export function fileProblem(code: ProblemCode, message: string, row = 1): ImportItem {
  return {
    kind: 'problem',
    problem: { row, column: null, code, message, externalReference: null },
  };
}

/** Collects what is wrong with one product and hands it on after every line. */
export class ProblemList {
  #found: RowProblem[] = [];
  #count = 0;

  add(problem: RowProblem): void {
    this.#found.push(problem);
    this.#count += 1;
  }

  /** How many were ever added, taken ones included. */
  get count(): number {
    return this.#count;
  }

  take(): ImportItem[] {
    const items = this.#found.map((problem): ImportItem => ({ kind: 'problem', problem }));
    this.#found = [];
    return items;
  }
}
