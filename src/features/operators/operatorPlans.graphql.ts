import { listFeatures, listPlans, type Plan, type PlanFeature } from '../../auth/lookups.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { operatorBuilder, operatorErrorType } from '../../graphql/operator/builder.ts';
import type { Settled } from '../../graphql/userErrors.ts';
import { type PlanChange, planChangeErrorCodes } from '../plans/planChange.ts';
import type { PlanExcess } from '../plans/prospect.ts';
import { cancelTenantPlanChange, changeTenantPlan } from '../plans/tenantPlan.ts';
import { findOwnTenant, type Tenant } from '../tenants/tenants.queries.ts';
import { change, which } from './operatorChange.graphql.ts';
import { TenantType } from './operatorTenants.graphql.ts';

const PlanType = operatorBuilder.objectRef<Plan>('Plan').implement({
  description: 'What a tenant can subscribe to.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, such as PREMIUM.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    isSelfService: t.boolean({
      description: 'Whether an owner can choose it; false: only an operator gives it.',
      resolve: (plan) => plan.self_service,
    }),
    limits: t.expose('limits', {
      type: 'JSONObject',
      description: 'Meter → the most in its period; a meter that is missing has no limit.',
    }),
    features: t.exposeStringList('features', { description: 'What it has that others lack.' }),
  }),
});

const FeatureType = operatorBuilder.objectRef<PlanFeature>('PlanFeature').implement({
  description: 'Something that plans have or lack.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, such as CUSTOM_DOMAIN.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { description: 'What it opens.' }),
  }),
});

operatorBuilder.queryField('plans', (t) =>
  t.field({
    type: [PlanType],
    nullable: true,
    description: 'Every plan there is, the smallest first.',
    resolve: (_parent, _args, context) => {
      context.requireSignIn();
      return listPlans(context.services.database);
    },
  }),
);

operatorBuilder.queryField('features', (t) =>
  t.field({
    type: [FeatureType],
    nullable: true,
    description: 'Every feature that a plan can have, or that can be agreed beside one.',
    resolve: (_parent, _args, context) => {
      context.requireSignIn();
      return listFeatures(context.services.database);
    },
  }),
);

const PlanExcessType = operatorBuilder.objectRef<PlanExcess>('PlanExcess').implement({
  description: 'A meter of which more is used than a plan allows.',
  fields: (t) => ({
    meter: t.exposeString('meter', { description: 'Which, such as MEMBERS.' }),
    used: t.expose('used', { type: 'SafeInt', description: 'How much is used.' }),
    limit: t.expose('limit', { type: 'SafeInt', description: 'How much the plan allows.' }),
  }),
});

const PlanChangeTimeType = operatorBuilder.enumType('PlanChangeTime', {
  description: 'When a change of plan takes effect.',
  values: {
    NOW: { description: 'At once; refused where more is used than the plan allows.' },
    PERIOD_END: {
      description:
        'On the first of the next month, in UTC, if what is there fits the plan by then.',
    },
  } as const,
});

const PlanChangeError = operatorErrorType('TenantPlanChange', {
  ...planChangeErrorCodes,
  NOT_FOUND: 'There is no such tenant.',
  BEING_DELETED: 'The tenant is being deleted; it has to be restored first.',
});

interface Changed {
  readonly tenant: Tenant | undefined;
  readonly change: PlanChange | null;
}

const withTenant = async (tx: TenantTransaction, made: PlanChange | null): Promise<Changed> => ({
  tenant: (await findOwnTenant(tx))[0],
  change: made,
});

type Types = typeof operatorBuilder.$inferSchemaTypes;
type Fields = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<Changed>>;

const commonFields = (t: Fields) => ({
  tenant: t.field({
    type: TenantType,
    nullable: true,
    description: 'The tenant as it is now; null when nothing was changed.',
    resolve: ({ value }) => value?.tenant ?? null,
  }),
  userErrors: t.field({
    type: [PlanChangeError],
    description: 'Why nothing was changed.',
    resolve: ({ userErrors }) => [...userErrors],
  }),
});

operatorBuilder.relayMutationField(
  'tenantPlanChange',
  {
    description: 'Which one, to which plan, and from when on.',
    inputFields: (t) => ({
      tenant: t.field(which),
      plan: t.string({ required: true, description: 'The code of the plan: `PREMIUM` …' }),
      effective: t.field({
        type: PlanChangeTimeType,
        description: 'At once, which it is when left out, or at the end of the period.',
      }),
      force: t.boolean({
        description:
          'Whether to change at once also where more is used than the plan allows: the tenant keeps what it has, and can add nothing.',
      }),
    }),
  },
  {
    nullable: true,
    description:
      'Moves a tenant to another plan, which replaces a change that is scheduled; one on trial becomes a customer. To the plan it has changes nothing.',
    resolve: (_parent, { input: { tenant, plan, effective, force } }, context) =>
      change(context, tenant, async (tx, actor) =>
        withTenant(
          tx,
          await changeTenantPlan(tx, actor, {
            ...{ plan, effective: effective ?? 'NOW', force: force === true },
          }),
        ),
      ),
  },
  {
    description: 'The tenant and what the change comes to, or why nothing was changed.',
    outputFields: (t) => ({
      ...commonFields(t),
      previousPlan: t.string({
        nullable: true,
        description: 'The code of the plan before; null when nothing was changed.',
        resolve: ({ value }) => value?.change?.previousPlan ?? null,
      }),
      effectiveAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'From when on; null when nothing was changed.',
        resolve: ({ value }) => value?.change?.effectiveAt ?? null,
      }),
      exceeded: t.field({
        type: [PlanExcessType],
        description: 'What is used beyond the limits of the plan; refusals say it in `userErrors`.',
        resolve: ({ value }) => [...(value?.change?.exceeded ?? [])],
      }),
      lostFeatures: t.stringList({
        description: 'Features that the plan before had and that one has not.',
        resolve: ({ value }) => [...(value?.change?.lostFeatures ?? [])],
      }),
    }),
  },
);

operatorBuilder.relayMutationField(
  'tenantPlanChangeCancel',
  { description: 'Which one.', inputFields: (t) => ({ tenant: t.field(which) }) },
  {
    nullable: true,
    description: 'Cancels the change of plan that is scheduled, whoever scheduled it.',
    resolve: (_parent, { input: { tenant } }, context) =>
      change(context, tenant, async (tx, actor) => {
        await cancelTenantPlanChange(tx, actor);
        return withTenant(tx, null);
      }),
  },
  {
    description: 'The tenant as it is now, or why nothing was changed.',
    outputFields: commonFields,
  },
);
