import { type Cell, ratio } from './measure.ts';
import type { Findings, RoundTrips } from './study.ts';

export function printRoundTrips(findings: readonly Findings[]): string {
  const say = ({ awaited, total }: RoundTrips) => `${awaited} of ${total}`;
  return grid(
    ['round trips to Postgres: awaited of all', 'Tenantry', 'PostGraphile'],
    findings.map(({ workload, tenantry, postgraphile }) => [
      workload.title,
      say(tenantry),
      say(postgraphile),
    ]),
  );
}

/** Markdown, so that it can be pasted as it is. */
export function printCells(cells: readonly Cell[]): string {
  return grid(
    [
      'workload',
      'conns',
      'delay',
      'Tenantry/s',
      'PostGraphile/s',
      'pgbench/s',
      '÷ PostGraphile',
      '÷ pgbench',
      'median ms',
      '(PG’ile, pgbench)',
      '÷ PG’ile',
      'p99 ms',
      '(PG’ile, pgbench)',
      '÷ PG’ile',
    ],
    cells.map((cell) => {
      const { tenantry, postgraphile, pgbench } = cell.figures;
      return [
        cell.workload,
        `${cell.connections}`,
        `${cell.delayMs} ms`,
        whole(tenantry?.throughput),
        whole(postgraphile?.throughput),
        whole(pgbench?.throughput),
        times(ratio(cell, 'postgraphile', 'throughput')),
        times(ratio(cell, 'pgbench', 'throughput')),
        fine(tenantry?.median),
        `${fine(postgraphile?.median)}, ${fine(pgbench?.median)}`,
        times(ratio(cell, 'postgraphile', 'median')),
        fine(tenantry?.p99),
        `${fine(postgraphile?.p99)}, ${fine(pgbench?.p99)}`,
        times(ratio(cell, 'postgraphile', 'p99')),
      ];
    }),
  );
}

export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const whole = (value: number | undefined): string => value?.toFixed(0) ?? '–';
const fine = (value: number | undefined): string => value?.toFixed(value < 10 ? 2 : 1) ?? '–';
const times = (value: number | null): string => (value === null ? '–' : `${value.toFixed(2)}×`);
