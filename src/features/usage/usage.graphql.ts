import type { TenantTransaction } from '../../db/database.ts';
import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { defineListLoader } from '../../graphql/loader.ts';
import { PublicError } from '../../lib/errors.ts';
import { ApiKeyType } from '../apiKeys/apiKeys.graphql.ts';
import { loadApiKey } from '../apiKeys/apiKeys.loaders.ts';
import type { Meter } from './meters.ts';
import { listApiKeyUse, listDays, listFeatures } from './usage.queries.ts';
import { type DayOfUse, fillDays, type MeterReading, readMeters } from './usage.ts';
import { noApiKey } from './useMeter.queries.ts';

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

interface FeatureUse {
  feature: string;
  used: number;
}

const FeatureUseType = builder.objectRef<FeatureUse>('FeatureUse').implement({
  description: 'What was used through one root field.',
  fields: (t) => ({
    feature: t.exposeString('feature', { description: 'The field, such as `messageSend`.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much.' }),
  }),
});

interface ApiKeyUse {
  apiKeyId: string;
  used: number;
}

const ApiKeyUseType = builder.objectRef<ApiKeyUse>('ApiKeyUse').implement({
  description: 'What was used with one API key, or by people.',
  fields: (t) => ({
    apiKey: t.field({
      type: ApiKeyType,
      nullable: true,
      description: 'The key; null: people who were signed in.',
      present: ({ apiKeyId }: ApiKeyUse) => apiKeyId !== noApiKey,
      resolve: ({ apiKeyId }, _args, context) => loadApiKey(context, apiKeyId),
    }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much.' }),
  }),
});

type OfMeter<Row> = Row & { meter: string };

/** One statement for all meters of which an operation asks for as many days; there are at most 366. */
function loaderByDays<Row>(
  list: (
    tx: TenantTransaction,
    values: { meters: readonly string[]; days: number },
  ) => Promise<OfMeter<Row>[]>,
) {
  const loaders = new Map<number, ReturnType<typeof defineListLoader<OfMeter<Row>>>>();
  return (context: OperationContext, meter: Meter, days: number): Promise<OfMeter<Row>[]> => {
    if (days < 1 || days > 366) {
      throw new PublicError('BAD_USER_INPUT', '"days" must be between 1 and 366.');
    }
    const load =
      loaders.get(days) ??
      defineListLoader<OfMeter<Row>>(
        (tx, meters) => list(tx, { meters, days }),
        (row) => row.meter,
      );
    loaders.set(days, load);
    return load(context, meter);
  };
}

const loadDays = loaderByDays<DayOfUse>(listDays);
const loadFeatures = loaderByDays<FeatureUse>(listFeatures);
const loadApiKeyUse = loaderByDays<ApiKeyUse>(listApiKeyUse);

const lastDays = {
  defaultValue: 30,
  required: true,
  description: 'How many days back, 1 to 366.',
} as const;

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
    reserved: t.expose('reserved', {
      type: 'SafeInt',
      description:
        'Set aside for work that is under way; it counts against the limit until that is over.',
    }),
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
      cost: { complexity: 1, each: 1, sizedBy: ['days'], otherwise: 30 },
      description:
        'Day by day, the oldest first, days without use included; null for what is not counted by day.',
      args: { days: t.arg.int(lastDays) },
      resolve: async ({ meter, period, today }, { days }, context) => {
        const rows = await loadDays(context, meter, days);
        return period === 'NONE' ? null : fillDays(rows, days, today);
      },
    }),
    byFeature: t.field({
      type: [FeatureUseType],
      nullable: true,
      feature: 'USAGE_ANALYTICS',
      cost: { complexity: 2, otherwise: 20 },
      description:
        'Through which root fields, the most used first; of what is there now, what came in these days. A request counts for its first. Empty for members; null where the plan has no such analysis.',
      args: { days: t.arg.int(lastDays) },
      resolve: ({ meter }, { days }, context) => loadFeatures(context, meter, days),
    }),
    byApiKey: t.field({
      type: [ApiKeyUseType],
      nullable: true,
      feature: 'USAGE_ANALYTICS',
      cost: { complexity: 2, otherwise: 20 },
      description:
        'With which API keys, the most used first; people are one entry without a key. Empty for members; null where the plan has no such analysis.',
      args: { days: t.arg.int(lastDays) },
      resolve: ({ meter }, { days }, context) => loadApiKeyUse(context, meter, days),
    }),
  }),
});

builder.queryField('usage', (t) =>
  t.field({
    type: [MeterReadingType],
    nullable: true,
    access: 'usage:read',
    unmetered: true,
    cost: { complexity: 10, sizedBy: ['meters'], otherwise: 7 },
    description: 'What the business has used of its plan.',
    args: {
      meters: t.arg({ type: [MeterType], description: 'Only these meters; all when left out.' }),
    },
    resolve: (_parent, { meters }, { tx }) =>
      readMeters(tx, meters ? [...new Set(meters)] : undefined),
  }),
);
