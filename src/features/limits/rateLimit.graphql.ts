import type { LimitReading, LimitReadings } from '../../auth/limits.ts';
import { builder } from '../../graphql/builder.ts';
import { type RateLimit, rateLimitsOf } from '../../graphql/rateLimits.ts';

const RateBudgetType = builder.objectRef<LimitReading>('RateBudget').implement({
  description: 'A limit in a window, and how it stands.',
  fields: (t) => ({
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much there is in a window.' }),
    remaining: t.expose('remaining', {
      type: 'SafeInt',
      description: 'What is left of it for all server processes together.',
    }),
    windowSeconds: t.exposeInt('windowSeconds', { description: 'How long a window is.' }),
    resetAt: t.expose('resetAt', {
      type: 'DateTime',
      description: 'When all of it is there again.',
    }),
  }),
});

interface FieldReading {
  readonly coordinate: string;
  readonly rateLimit: RateLimit;
  readonly reading: LimitReading;
}

const RateLimitPerType = builder.enumType('RateLimitPer', {
  description: 'Whose calls a rate limit counts together.',
  values: {
    TENANT: { description: 'All calls of the business.' },
    CALLER: { description: 'Each person’s and each API key’s own.' },
  } as const,
});

const FieldRateLimitType = builder.objectRef<FieldReading>('FieldRateLimit').implement({
  description: 'How often a field may be called, as its directive `@rateLimit` says.',
  fields: (t) => ({
    field: t.string({
      description: 'Such as `Mutation.messageSend`.',
      resolve: ({ coordinate }) => coordinate,
    }),
    per: t.field({
      type: RateLimitPerType,
      description: 'Whose calls are counted together.',
      resolve: ({ rateLimit }) => rateLimit.per,
    }),
    budget: t.field({
      type: RateBudgetType,
      description: 'How many calls there are in a window, and how many are left to you.',
      resolve: ({ reading }) => reading,
    }),
  }),
});

const RateLimitsType = builder.objectRef<LimitReadings>('RateLimits').implement({
  description: 'Everything that limits how much a caller may do, and how it stands.',
  fields: (t) => ({
    tenant: t.field({
      type: RateBudgetType,
      nullable: true,
      description: 'What operations of the business may cost, in points; null: no limit.',
      resolve: ({ tenant }) => tenant,
    }),
    apiKey: t.field({
      type: RateBudgetType,
      nullable: true,
      description: 'The part of it that this API key may spend; null: you are no key, or no limit.',
      resolve: ({ apiKey }) => apiKey,
    }),
    requests: t.field({
      type: RateBudgetType,
      nullable: true,
      description: 'The plan’s requests of the day; null: no limit.',
      resolve: ({ requests }) => requests,
    }),
    fields: t.field({
      type: [FieldRateLimitType],
      description: 'Fields that may not be called as often as one likes, by name.',
      resolve: ({ fields }, _args, _context, { schema }) =>
        [...rateLimitsOf(schema)].flatMap(([coordinate, rateLimit]) => {
          const reading = fields.get(coordinate);
          return reading === undefined ? [] : [{ coordinate, rateLimit, reading }];
        }),
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimitsType,
    nullable: true,
    access: 'signedIn',
    unmetered: true,
    cost: { complexity: 10 },
    description:
      'How much you may still do, and when there is more. Every answer says the shortest of it, in its headers and in `extensions.cost`.',
    resolve: (_parent, _args, context) => context.services.readLimits(context.requireSignIn()),
  }),
);
