import type { TenantTransaction } from '../../db/database.ts';
import { operatorBuilder } from '../../graphql/operator/builder.ts';
import { PublicError } from '../../lib/errors.ts';
import { type ActivityCounts, addActivity, noActivity } from '../activity/activityCounts.ts';
import type { ActivityPoint, Span } from '../activity/activitySums.queries.ts';
import { activityWords } from '../activity/activityWords.ts';
import { Counts } from './activityCounts.graphql.ts';
import {
  type Growth,
  readGrowth,
  sumActivity,
  sumUse,
  type UseOfDay,
} from './platformActivity.queries.ts';

const SpanType = operatorBuilder.enumType('ActivitySpan', {
  description: activityWords.span,
  values: {
    HOUR: { description: activityWords.hour },
    DAY: { description: activityWords.day },
  } as const,
});

const PointType = operatorBuilder.objectRef<ActivityPoint>('ActivityPoint').implement({
  description: activityWords.point,
  interfaces: [Counts],
  fields: (t) => ({
    start: t.expose('start', { type: 'DateTime', description: activityWords.start }),
  }),
});

const TotalType = operatorBuilder.objectRef<ActivityCounts>('ActivityTotal').implement({
  description: 'What was asked in all of the time.',
  interfaces: [Counts],
});

const DayType = operatorBuilder.objectRef<Omit<UseOfDay, 'meter'>>('DayOfUse').implement({
  description: 'What all tenants together used on one day in UTC.',
  fields: (t) => ({
    day: t.expose('day', { type: 'Date', description: 'The day.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much.' }),
  }),
});

interface MeterUse {
  meter: string;
  used: number;
  daily: UseOfDay[];
}

const MeterUseType = operatorBuilder.objectRef<MeterUse>('MeterUse').implement({
  description: 'What all tenants together used of one meter.',
  fields: (t) => ({
    meter: t.exposeString('meter', { description: 'Which, such as MESSAGES_PER_DAY.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much in all of the time.' }),
    daily: t.expose('daily', {
      type: [DayType],
      description: 'Day by day, the oldest first; days without use are left out.',
    }),
  }),
});

const TenantCountType = operatorBuilder
  .objectRef<Growth['tenants'][number]>('TenantCount')
  .implement({
    description: 'How many tenants there are of one status and plan.',
    fields: (t) => ({
      status: t.exposeString('status', { description: 'Where they are in their lives.' }),
      plan: t.exposeString('plan', { description: 'The code of their plan.' }),
      count: t.exposeInt('count', { description: 'How many.' }),
    }),
  });

const GrowthDayType = operatorBuilder.objectRef<Growth['daily'][number]>('GrowthDay').implement({
  description: 'Who came and who went on one day in UTC.',
  fields: (t) => ({
    day: t.expose('day', { type: 'Date', description: 'The day.' }),
    created: t.exposeInt('created', {
      description: 'Tenants that joined, also those that are gone by now.',
    }),
    purged: t.exposeInt('purged', { description: 'Tenants that were removed for good.' }),
  }),
});

const GrowthType = operatorBuilder.objectRef<Growth>('Growth').implement({
  description: 'How many tenants there are, and how they come and go.',
  fields: (t) => ({
    tenants: t.expose('tenants', {
      type: [TenantCountType],
      description: 'Those there are now, by status and plan.',
    }),
    daily: t.expose('daily', { type: [GrowthDayType], description: 'Each day, the oldest first.' }),
  }),
});

/** Each part is read when it is first asked for, and once, however often a document names it. */
class PlatformActivity {
  readonly #tx: TenantTransaction;
  readonly #days: number;
  readonly #span: Span;
  #points: Promise<ActivityPoint[]> | undefined;
  #use: Promise<UseOfDay[]> | undefined;
  #growth: Promise<Growth> | undefined;

  constructor(tx: TenantTransaction, days: number, span: Span) {
    this.#tx = tx;
    this.#days = days;
    this.#span = span;
  }

  series(): Promise<ActivityPoint[]> {
    this.#points ??= sumActivity(this.#tx, { days: this.#days, span: this.#span });
    return this.#points;
  }

  async total(): Promise<ActivityCounts> {
    const sum = noActivity();
    for (const point of await this.series()) addActivity(sum, point);
    return sum;
  }

  async usage(): Promise<MeterUse[]> {
    this.#use ??= sumUse(this.#tx, this.#days);
    const byMeter = Map.groupBy(await this.#use, ({ meter }) => meter);
    return [...byMeter].map(([meter, daily]) => ({
      meter,
      used: daily.reduce((sum, { used }) => sum + used, 0),
      daily,
    }));
  }

  growth(): Promise<Growth> {
    this.#growth ??= readGrowth(this.#tx, this.#days);
    return this.#growth;
  }
}

const PlatformActivityType = operatorBuilder
  .objectRef<PlatformActivity>('PlatformActivity')
  .implement({
    description:
      'What happened on the whole platform, from sums that are kept by the hour: purged tenants are still in them.',
    fields: (t) => ({
      total: t.field({
        type: TotalType,
        description: 'All of the time together.',
        resolve: (activity) => activity.total(),
      }),
      series: t.field({
        type: [PointType],
        description: 'Hour by hour or day by day, the oldest first, also those without anything.',
        resolve: (activity) => activity.series(),
      }),
      usage: t.field({
        type: [MeterUseType],
        description: 'What was used of meters that count; those that nobody used are left out.',
        resolve: (activity) => activity.usage(),
      }),
      growth: t.field({
        type: GrowthType,
        description: 'How many tenants there are, and how they come and go.',
        resolve: (activity) => activity.growth(),
      }),
    }),
  });

const mostDays = { HOUR: 31, DAY: 366 } as const;

operatorBuilder.queryField('platformActivity', (t) =>
  t.field({
    type: PlatformActivityType,
    nullable: true,
    description: 'Growth, volume, errors and latency over all tenants, up to a second ago.',
    args: {
      days: t.arg.int({
        defaultValue: 7,
        required: true,
        description: 'How many days back, today included: 1 to 366, and 31 at most by the hour.',
      }),
      by: t.arg({
        type: SpanType,
        defaultValue: 'DAY',
        required: true,
        description: activityWords.span,
      }),
    },
    resolve: (_parent, { days, by }, { tx }) => {
      if (days < 1 || days > mostDays[by]) {
        throw new PublicError(
          'BAD_USER_INPUT',
          `"days" must be between 1 and ${mostDays[by]} by the ${by.toLowerCase()}.`,
        );
      }
      return new PlatformActivity(tx, days, by);
    },
  }),
);
