import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { TenantType } from '../tenants/tenants.graphql.ts';
import { MeterType } from '../usage/usage.graphql.ts';
import {
  cancelPlanChange,
  changePlan,
  type PlanChange,
  planChangeErrorCodes,
} from './planChange.ts';
import { PlanType } from './plans.graphql.ts';
import { findScheduledChange } from './plans.queries.ts';
import { lastingExcess, type PlanExcess, type PlanProspect, readProspect } from './prospect.ts';

const PlanExcessType = builder.objectRef<PlanExcess>('PlanExcess').implement({
  description: 'A meter of which more is used than a plan allows.',
  fields: (t) => ({
    meter: t.field({ type: MeterType, description: 'Which.', resolve: ({ meter }) => meter }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much is used.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much the plan allows.' }),
  }),
});

const planOf = async ({ services }: OperationContext, code: string | undefined) =>
  (await services.planCatalogue()).plans.find((plan) => plan.code === code) ?? null;

const PlanChangePreviewType = builder.objectRef<PlanProspect>('PlanChangePreview').implement({
  description: 'What a change of plan would come to, as things are now.',
  fields: (t) => ({
    previousPlan: t.field({
      type: PlanType,
      nullable: true,
      description: 'The plan of the business.',
      resolve: ({ previousPlan }, _args, context) => planOf(context, previousPlan),
    }),
    plan: t.field({
      type: PlanType,
      nullable: true,
      description: 'The plan that it would go to.',
      resolve: ({ plan }, _args, context) => planOf(context, plan),
    }),
    exceeded: t.field({
      type: [PlanExcessType],
      description: 'What is used beyond its limits; with any, it cannot be changed to at once.',
      resolve: ({ exceeded }) => [...exceeded],
    }),
    lostFeatures: t.stringList({
      description: 'Features that the business would no longer have.',
      resolve: ({ lostFeatures }) => [...lostFeatures],
    }),
    gainedFeatures: t.stringList({
      description: 'Features that it would have besides.',
      resolve: ({ gainedFeatures }) => [...gainedFeatures],
    }),
    periodEnd: t.expose('periodEnd', {
      type: 'DateTime',
      description: 'When a change with PERIOD_END would take effect.',
    }),
  }),
});

builder.queryField('planChangePreview', (t) =>
  t.field({
    type: PlanChangePreviewType,
    nullable: true,
    access: 'usage:read',
    unmetered: true,
    cost: { complexity: 15 },
    description:
      'What a change of plan would come to, without it; null when there is no such plan.',
    args: {
      plan: t.arg.string({ required: true, description: 'The code of the plan: `PREMIUM` …' }),
    },
    resolve: (_parent, { plan }, { tx }) => readProspect(tx, plan),
  }),
);

type Scheduled = Awaited<ReturnType<typeof findScheduledChange>>[number];

const ScheduledPlanChangeType = builder.objectRef<Scheduled>('ScheduledPlanChange').implement({
  description: 'A change of plan that waits for the end of the period.',
  fields: (t) => ({
    plan: t.field({
      type: PlanType,
      nullable: true,
      description: 'The plan that the business goes to.',
      resolve: ({ plan }, _args, context) => planOf(context, plan),
    }),
    effectiveAt: t.expose('effectiveAt', { type: 'DateTime', description: 'When, in UTC.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was scheduled.' }),
    exceeded: t.field({
      type: [PlanExcessType],
      nullable: true,
      access: 'usage:read',
      cost: { complexity: 15 },
      description:
        'What would keep it from taking effect, for it is there beyond the limits of the plan; null when refused.',
      resolve: async ({ plan }, _args, { tx }) =>
        lastingExcess((await readProspect(tx, plan))?.exceeded ?? []),
    }),
  }),
});

builder.objectField(TenantType, 'scheduledPlanChange', (t) =>
  t.field({
    type: ScheduledPlanChangeType,
    nullable: true,
    cost: { complexity: 5 },
    description: 'The change of plan that is scheduled; null: none is.',
    resolve: async (_tenant, _args, { tx }) => (await findScheduledChange(tx))[0] ?? null,
  }),
);

const PlanChangeTimeType = builder.enumType('PlanChangeTime', {
  description: 'When a change of plan takes effect.',
  values: {
    NOW: { description: 'At once; refused where more is used than the plan allows.' },
    PERIOD_END: {
      description:
        'On the first of the next month, in UTC. What is there beyond the plan’s limits by then keeps the business on its plan, and its audit log says so.',
    },
  } as const,
});

const PlanChangeUserError = userErrorType('PlanChange', planChangeErrorCodes);

interface PlanChangeAnswer extends Settled<PlanChange> {
  /** Why nothing was changed, in figures; null where something was. */
  readonly prospect: PlanProspect | null;
}

builder.relayMutationField(
  'planChange',
  {
    description: 'Which plan, and from when on.',
    inputFields: (t) => ({
      plan: t.string({ required: true, description: 'The code of the plan: `PREMIUM` …' }),
      effective: t.field({
        type: PlanChangeTimeType,
        required: true,
        description: 'At once or at the end of the period.',
      }),
    }),
  },
  {
    access: 'plan:write',
    unmetered: true,
    // Each is announced to every server, and a plan for a minute would be a plan for nothing.
    rateLimit: { limit: 30, window: 3_600, per: 'CALLER' },
    cost: { complexity: 25 },
    description:
      'Moves the business to another plan, up or down; it replaces a change that is scheduled. One on trial becomes a customer. Every server knows within a second.',
    resolve: async (_parent, { input }, context): Promise<PlanChangeAnswer> => {
      const settled = await settle(context, (tx) => changePlan(tx, context.actor, input));
      const prospect = settled.value === null ? await readProspect(context.tx, input.plan) : null;
      return { ...settled, prospect };
    },
  },
  {
    description: 'The change, or why nothing was changed.',
    outputFields: (t) => ({
      previousPlan: t.field({
        type: PlanType,
        nullable: true,
        description: 'The plan before; null when there is no such plan to change to.',
        resolve: ({ value, prospect }, _args, context) =>
          planOf(context, (value ?? prospect)?.previousPlan),
      }),
      plan: t.field({
        type: PlanType,
        nullable: true,
        description: 'The plan that was asked for; null when there is none of the code.',
        resolve: ({ value, prospect }, _args, context) =>
          planOf(context, (value ?? prospect)?.plan),
      }),
      effectiveAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'From when on; null when nothing was changed.',
        resolve: ({ value }) => value?.effectiveAt ?? null,
      }),
      exceeded: t.field({
        type: [PlanExcessType],
        description: 'What is used beyond the limits of the plan that was asked for.',
        resolve: ({ value, prospect }) => [...((value ?? prospect)?.exceeded ?? [])],
      }),
      lostFeatures: t.stringList({
        description: 'Features that the plan before had and that one has not.',
        resolve: ({ value, prospect }) => [...((value ?? prospect)?.lostFeatures ?? [])],
      }),
      userErrors: t.field({
        type: [PlanChangeUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'planChangeCancel',
  {
    description: 'Which change.',
    inputFields: (t) => ({
      plan: t.string({ required: true, description: 'The code of the plan that is scheduled.' }),
    }),
  },
  {
    access: 'plan:write',
    unmetered: true,
    description: 'Keeps the plan: what was scheduled does not happen.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => cancelPlanChange(tx, context.actor, input.plan)),
  },
  {
    description: 'What was cancelled, or why nothing was changed.',
    outputFields: (t) => ({
      plan: t.field({
        type: PlanType,
        nullable: true,
        description: 'The plan that the business does not go to; null when nothing was changed.',
        resolve: ({ value }, _args, context) => planOf(context, value ?? undefined),
      }),
      userErrors: t.field({
        type: [PlanChangeUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
