import { Command, InvalidArgumentError, Option } from 'commander';
import { type ActivityCounts, errorRateOf } from '../features/activity/activityCounts.ts';
import { percentileOf } from '../features/activity/latency.ts';
import { findTenantsById } from '../features/operators/operatorTenants.queries.ts';
import {
  listActivityOf,
  listTopTenants,
  type Ranking,
} from '../features/operators/platformActivity.queries.ts';
import { readMeters } from '../features/usage/usage.ts';
import { tenantOption, withPlatform, withTenantRow } from './onDatabase.ts';
import { printJson } from './print.ts';
import { describeTable } from './printTable.ts';

const hoursOfDay = 24;

/** `usage show`: what one business has used, and how it was served lately. */
export const usageShowCommand = (): Command =>
  new Command('show')
    .description('Show what a business has used of its plan, and how it was served in 24 hours.')
    .addOption(tenantOption())
    .option('--json', 'print it as JSON')
    .action(({ tenant: slug, json }: { tenant: string; json?: true }) =>
      withTenantRow(slug, async ({ id }, { database, operators }) => {
        const meters = await database.withTenant(id, { mode: 'read' }, (tx) => readMeters(tx));
        const [counts] = await operators.read((tx) =>
          listActivityOf(tx, { ids: [id], hours: hoursOfDay }),
        );
        const activity = counts === undefined ? null : figuresOf(counts);
        const lastActivityAt = counts?.lastAt ?? null;
        if (json) {
          printJson({ tenant: slug, meters, activity, lastActivityAt });
          return;
        }
        const rows = meters.map(({ meter, used, limit, remaining, resetsAt }) => [
          ...[meter, String(used), String(limit ?? '-'), String(remaining ?? '-')],
          resetsAt?.toISOString() ?? '-',
        ]);
        process.stdout.write(
          describeTable(['METER', 'USED', 'LIMIT', 'REMAINING', 'RESETS AT'], rows),
        );
        process.stdout.write(
          activity === null
            ? '\nIt asked for nothing in the last 24 hours.\n'
            : `\n${describeTable(figureNames, [cellsOf(activity)])}In this hour and the 24 before; the last at ${lastActivityAt?.toISOString()}.\n`,
        );
      }),
    );

const rankings = {
  operations: 'OPERATIONS',
  'error-rate': 'ERROR_RATE',
  'server-faults': 'SERVER_FAULTS',
  refused: 'REFUSED',
} as const satisfies Record<string, Ranking>;

interface TopFlags {
  by: keyof typeof rankings;
  hours: number;
  first: number;
  json?: true;
}

/** `usage top`: the businesses that lead in something. */
export const usageTopCommand = (): Command =>
  new Command('top')
    .description('List the businesses that ask most, or fail most.')
    .addOption(
      new Option('--by <what>', 'what to compare')
        .choices(Object.keys(rankings))
        .default('operations'),
    )
    .option('--hours <hours>', 'this hour and so many before it, 1 to 72', upTo(72), hoursOfDay)
    .option('--first <number>', 'how many businesses, 1 to 50', upTo(50), 10)
    .option('--json', 'print it as JSON')
    .action(({ by, hours, first, json }: TopFlags) =>
      withPlatform(async ({ operators }) => {
        const leaders = await operators.read(async (tx) => {
          const counted = await listTopTenants(tx, { by: rankings[by], hours, first });
          const ids = counted.map(({ tenantId }) => tenantId);
          const slugs = new Map(
            (await findTenantsById(tx, { ids })).map(({ id, slug }) => [id, slug]),
          );
          return counted.map((each) => ({
            tenant: slugs.get(each.tenantId) ?? each.tenantId,
            ...figuresOf(each),
          }));
        });
        if (json) printJson(leaders);
        else if (leaders.length === 0) process.stdout.write('There is nothing of it.\n');
        else {
          process.stdout.write(
            describeTable(
              ['BUSINESS', ...figureNames],
              leaders.map(({ tenant, ...figures }) => [tenant, ...cellsOf(figures)]),
            ),
          );
        }
      }),
    );

function upTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };
}

interface Figures {
  operations: number;
  errorRate: string | null;
  serverFaults: number;
  refused: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

const figureNames = [
  'OPERATIONS',
  'ERROR RATE',
  'OUR FAULT',
  'REFUSED',
  'P50 MS',
  'P95 MS',
  'P99 MS',
];

const figuresOf = (counts: ActivityCounts): Figures => ({
  operations: counts.operations,
  errorRate: errorRateOf(counts),
  serverFaults: counts.serverFaults,
  refused: counts.refused,
  p50Ms: percentileOf(counts, 0.5),
  p95Ms: percentileOf(counts, 0.95),
  p99Ms: percentileOf(counts, 0.99),
});

const cellsOf = (figures: Figures): string[] =>
  [
    ...[figures.operations, figures.errorRate, figures.serverFaults, figures.refused],
    ...[figures.p50Ms, figures.p95Ms, figures.p99Ms],
  ].map((figure) => String(figure ?? '-'));
