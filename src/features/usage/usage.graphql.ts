import { builder } from '../../graphql/builder.ts';
import { defineListLoader } from '../../graphql/loader.ts';
import { PublicError } from '../../lib/errors.ts';
import { listDays } from './usage.queries.ts';
import { type DayOfUse, fillDays, type MeterReading, readMeters } from './usage.ts';

export const MeterType = builder.enumType('Meter', {
  description: 'Something that is counted and that plans limit.',
  values: {
    API_REQUESTS_PER_DAY: { description: 'GraphQL operations that were executed.' },
    MESSAGES_PER_DAY: { description: 'Messages, both ways.' },
    CONVERSATIONS_PER_MONTH: { description: 'Conversations that were opened.' },
    AI_TOKENS_PER_MONTH: { description: 'Tokens that the assistant used.' },
    PRODUCTS: { description: 'Products there are, archived ones included.' },
    MEMBERS: { description: 'People in the business.' },
    STORAGE_BYTES: { description: 'Bytes of files that are kept.' },
  } as const,
});

const MeterPeriodType = builder.enumType('MeterPeriod', {
  description: 'When a meter starts again, in UTC.',
  values: {
    DAY: { description: 'Every midnight.' },
    MONTH: { description: 'On the first of every month.' },
    NONE: { description: 'Never: it measures what is there now.' },
  } as const,
});

const DayOfUseType = builder.objectRef<DayOfUse>('DayOfUse').implement({
  description: 'What was used on one day in UTC.',
  fields: (t) => ({
    day: t.expose('day', { type: 'Date', description: 'The day.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much.' }),
  }),
});

type CountedDay = DayOfUse & { meter: string };

/** One statement for all meters of which an operation asks for as many days; there are at most 366. */
const loadersByDays = new Map<number, ReturnType<typeof defineListLoader<CountedDay>>>();

function loadDays(days: number) {
  const load =
    loadersByDays.get(days) ??
    defineListLoader<CountedDay>(
      (tx, meters) => listDays(tx, { meters: [...meters], days }),
      ({ meter }) => meter,
    );
  loadersByDays.set(days, load);
  return load;
}

const MeterReadingType = builder.objectRef<MeterReading>('MeterReading').implement({
  description: 'A meter as it stands now.',
  fields: (t) => ({
    meter: t.field({ type: MeterType, description: 'Which.', resolve: ({ meter }) => meter }),
    period: t.field({
      type: MeterPeriodType,
      description: 'When it starts again.',
      resolve: ({ period }) => period,
    }),
    used: t.expose('used', { type: 'SafeInt', description: 'Used in this period.' }),
    limit: t.expose('limit', {
      type: 'SafeInt',
      nullable: true,
      description: 'What the plan allows in a period; null: no limit.',
    }),
    remaining: t.expose('remaining', {
      type: 'SafeInt',
      nullable: true,
      description: 'What is left of it; null: no limit.',
    }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next period begins; null where there is none.',
    }),
    daily: t.field({
      type: [DayOfUseType],
      nullable: true,
      cost: { complexity: 1 },
      description:
        'Day by day, the oldest first, days without use included; null for what is not counted by day.',
      args: {
        days: t.arg.int({ defaultValue: 30, required: true, description: 'How many, 1 to 366.' }),
      },
      resolve: async (reading, { days }, context) => {
        if (days < 1 || days > 366) {
          throw new PublicError('BAD_USER_INPUT', '"days" must be between 1 and 366.');
        }
        if (reading.period === 'NONE') return null;
        return fillDays(await loadDays(days)(context, reading.meter), days, reading.today);
      },
    }),
  }),
});

builder.queryField('usage', (t) =>
  t.field({
    type: [MeterReadingType],
    nullable: true,
    access: 'usage:read',
    cost: { complexity: 10, sizedBy: ['meters'], otherwise: 7 },
    description: 'What the business has used of its plan.',
    args: {
      meters: t.arg({ type: [MeterType], description: 'Only these meters; all when left out.' }),
    },
    resolve: async (_parent, { meters }, { tx }) => {
      const readings = await readMeters(tx);
      return meters ? readings.filter(({ meter }) => meters.includes(meter)) : readings;
    },
  }),
);
