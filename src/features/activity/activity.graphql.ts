import { builder } from '../../graphql/builder.ts';
import { PublicError } from '../../lib/errors.ts';
import { listActivity, type OwnActivityPoint } from './activity.queries.ts';
import { type ActivityCounts, addActivity, errorRateOf, noActivity } from './activityCounts.ts';
import type { ActivityPoint } from './activitySums.queries.ts';
import { activityWords } from './activityWords.ts';
import { percentileOf } from './latency.ts';

const ActivitySpanType = builder.enumType('ActivitySpan', {
  description: activityWords.span,
  values: {
    HOUR: { description: activityWords.hour },
    DAY: { description: activityWords.day },
  } as const,
});

const Counts = builder.interfaceRef<ActivityCounts>('ActivityCounts').implement({
  description: activityWords.counts,
  fields: (t) => ({
    operations: t.expose('operations', {
      type: 'SafeInt',
      description: activityWords.operations,
    }),
    clientErrors: t.expose('clientErrors', {
      type: 'SafeInt',
      description: activityWords.clientErrors,
    }),
    serverFaults: t.expose('serverFaults', {
      type: 'SafeInt',
      description: activityWords.serverFaults,
    }),
    errorRate: t.field({
      type: 'Decimal',
      nullable: true,
      description: activityWords.errorRate,
      resolve: (counts) => errorRateOf(counts),
    }),
    refused: t.expose('refused', {
      type: 'SafeInt',
      description: activityWords.refused,
    }),
    p50Ms: t.int({
      nullable: true,
      description: activityWords.p50Ms,
      resolve: (counts) => percentileOf(counts, 0.5),
    }),
    p95Ms: t.int({
      nullable: true,
      description: activityWords.p95Ms,
      resolve: (counts) => percentileOf(counts, 0.95),
    }),
    p99Ms: t.int({
      nullable: true,
      description: activityWords.p99Ms,
      resolve: (counts) => percentileOf(counts, 0.99),
    }),
  }),
});

const PointType = builder.objectRef<ActivityPoint>('ActivityPoint').implement({
  description: activityWords.point,
  interfaces: [Counts],
  fields: (t) => ({
    start: t.expose('start', { type: 'DateTime', description: activityWords.start }),
  }),
});

interface Activity extends ActivityCounts {
  lastAt: Date | null;
  points: readonly OwnActivityPoint[];
}

const ActivityType = builder.objectRef<Activity>('Activity').implement({
  description: 'What a business asked of the server, up to a second ago.',
  interfaces: [Counts],
  fields: (t) => ({
    lastActivityAt: t.expose('lastAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When anything was asked last, to a second; null: not in the last 90 days.',
    }),
    series: t.field({
      type: [PointType],
      nullable: true,
      feature: 'USAGE_ANALYTICS',
      description:
        'Hour by hour or day by day, the oldest first, also those without anything; null where the plan has no such analysis.',
      resolve: ({ points }) => points,
    }),
  }),
});

const mostDays = { HOUR: 31, DAY: 90 } as const;

builder.queryField('activity', (t) =>
  t.field({
    type: ActivityType,
    nullable: true,
    access: 'usage:read',
    cost: { complexity: 10 },
    description:
      'How much the business asked of the server, with what errors, and how fast it was.',
    args: {
      days: t.arg.int({
        defaultValue: 7,
        required: true,
        description: 'How many days back, today included: 1 to 90, and 31 at most by the hour.',
      }),
      by: t.arg({
        type: ActivitySpanType,
        defaultValue: 'DAY',
        required: true,
        description: 'What the series has a point for.',
      }),
    },
    resolve: async (_parent, { days, by }, { tx }) => {
      if (days < 1 || days > mostDays[by]) {
        throw new PublicError(
          'BAD_USER_INPUT',
          `"days" must be between 1 and ${mostDays[by]} by the ${by.toLowerCase()}.`,
        );
      }
      const points = await listActivity(tx, { days, span: by });
      const sum = noActivity();
      for (const point of points) addActivity(sum, point);
      return { ...sum, points, lastAt: points[0]?.lastAt ?? null };
    },
  }),
);
