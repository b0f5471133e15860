import type { ImportReport } from '../features/products/importProducts.ts';

/** One line a problem, `FILE:LINE column: message`, as editors and terminals make them clickable. */
export function describeProblems(file: string, { problems, problemCount }: ImportReport): string {
  const lines = problems.map(
    ({ row, column, message }) =>
      `${file}:${row}${column === null ? '' : ` ${column}`}: ${message}\n`,
  );
  const rest = problemCount - problems.length;
  return lines.join('') + (rest > 0 ? `… and ${rest} more problems.\n` : '');
}

export function describeReport(report: ImportReport): string {
  const { rows, created, updated, unchanged, failed } = report;
  return `${rows} products: ${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} with problems.\n`;
}
