import type { ImportReport } from '../features/products/importProducts.ts';

/** One line a problem, `FILE:LINE column: message`, as editors and terminals make them clickable. */
export function describeProblems(file: string, { problems, problemCount }: ImportReport): string {
  const lines = problems.map(
    ({ row, column, message }) =>
      `${file}:${row}${column === null ? '' : ` ${column}`}: ${message}\n`,
  );
  const rest = problemCount - problems.length;
  return (
    lines.join('') +
    (rest > 0 ? `… and ${rest} more ${rest === 1 ? 'problem' : 'problems'}.\n` : '')
  );
}

/** What became of the rest of a file that was stopped, and how to go on; empty when nothing was. */
export function describeStop(
  { problemCount, created, updated, unchanged }: ImportReport,
  onError: 'skip' | 'stop',
): string {
  if (problemCount === 0 || onError === 'skip') return '';
  const taken = created + updated + unchanged;
  const sofar = taken === 0 ? 'Nothing was imported' : `Stopped after ${products(taken)}`;
  return `${sofar}. Mend the file and import it again, or leave out what has problems: --on-error skip.\n`;
}

const products = (count: number): string => `${count} ${count === 1 ? 'product' : 'products'}`;

export function describeReport(report: ImportReport): string {
  const { rows, created, updated, unchanged, failed } = report;
  return `${products(rows)}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} with problems.\n`;
}
