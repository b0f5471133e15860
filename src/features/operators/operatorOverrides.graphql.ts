import DataLoader from 'dataloader';
import { operatorBuilder, operatorErrorType } from '../../graphql/operator/builder.ts';
import type { OperatorContext } from '../../graphql/operator/context.ts';
import type { Settled } from '../../graphql/userErrors.ts';
import { findOverridesOfTenants, type Override } from '../plans/overrides.queries.ts';
import {
  overrideErrorCodes,
  overrideFeature,
  overrideLimit,
  removeOverride,
} from '../plans/overrides.ts';
import { findScheduledChanges } from '../plans/plans.queries.ts';
import { change, which } from './operatorChange.graphql.ts';
import { TenantType } from './operatorTenants.graphql.ts';

const OverrideKindType = operatorBuilder.enumType('TenantOverrideKind', {
  description: 'What can be agreed with a tenant beside its plan.',
  values: {
    LIMIT: { description: 'Another limit of a meter.' },
    FEATURE: { description: 'A feature granted or withheld.' },
  } as const,
});

const OverrideType = operatorBuilder.objectRef<Override>('TenantOverride').implement({
  description: 'Where a tenant differs from its plan. It outlives a change of plan.',
  fields: (t) => ({
    kind: t.field({
      type: OverrideKindType,
      description: 'What kind of thing.',
      resolve: ({ kind }) => kind,
    }),
    code: t.exposeString('code', { description: 'The meter or the feature.' }),
    limit: t.expose('limit', {
      type: 'SafeInt',
      nullable: true,
      description: 'Of a meter, the most in its period; null: no limit, or it is a feature.',
    }),
    granted: t.exposeBoolean('granted', {
      nullable: true,
      description: 'Of a feature; false: it is withheld. null for a meter.',
    }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null: when it is removed.',
    }),
    isActive: t.exposeBoolean('isActive', { description: 'Whether it holds now.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

/** One statement for all tenants of a page. */
function loaderOf<Row extends { tenantId: string }>(
  key: object,
  context: OperatorContext,
  find: (ids: readonly string[]) => Promise<Row[]>,
): DataLoader<string, Row[]> {
  const known = context.loaders.get(key) as DataLoader<string, Row[]> | undefined;
  if (known !== undefined) return known;
  const loader = new DataLoader<string, Row[]>(async (ids) => {
    const rows = Map.groupBy(await find(ids), ({ tenantId }) => tenantId);
    return ids.map((id) => rows.get(id) ?? []);
  });
  context.loaders.set(key, loader as DataLoader<string, unknown>);
  return loader;
}

const overridesKey = {};
const scheduledKey = {};

operatorBuilder.objectField(TenantType, 'overrides', (t) =>
  t.field({
    type: [OverrideType],
    description: 'What was agreed with it beside its plan, over or not.',
    resolve: ({ id }, _args, context) =>
      loaderOf(overridesKey, context, (ids) => findOverridesOfTenants(context.tx, { ids })).load(
        id,
      ),
  }),
);

type Scheduled = Awaited<ReturnType<typeof findScheduledChanges>>[number];

const ScheduledPlanChangeType = operatorBuilder
  .objectRef<Scheduled>('ScheduledPlanChange')
  .implement({
    description: 'A change of plan that waits for the end of the period.',
    fields: (t) => ({
      plan: t.exposeString('plan', { description: 'The code of the plan that it goes to.' }),
      effectiveAt: t.expose('effectiveAt', { type: 'DateTime', description: 'When, in UTC.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was scheduled.' }),
    }),
  });

operatorBuilder.objectField(TenantType, 'scheduledPlanChange', (t) =>
  t.field({
    type: ScheduledPlanChangeType,
    nullable: true,
    description: 'The change of plan that is scheduled; null: none is.',
    resolve: async ({ id }, _args, context) => {
      const find = (ids: readonly string[]) => findScheduledChanges(context.tx, { ids });
      return (await loaderOf(scheduledKey, context, find).load(id))[0] ?? null;
    },
  }),
);

const OverrideError = operatorErrorType('TenantOverride', overrideErrorCodes);

type Types = typeof operatorBuilder.$inferSchemaTypes;

const outcome = {
  description: 'What was agreed, or why nothing was changed.',
  outputFields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<Override>>) => ({
    override: t.field({
      type: OverrideType,
      nullable: true,
      description: 'As it is now, or was before it was removed; null when nothing was changed.',
      resolve: ({ value }) => value,
    }),
    userErrors: t.field({
      type: [OverrideError],
      description: 'Why nothing was changed.',
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
};

const reason = 'Why; it is in the tenant’s audit log, which its owners and admins read.';
const expiresAt = 'When it ends by itself; left out: when it is removed.';

operatorBuilder.relayMutationField(
  'tenantLimitOverride',
  {
    description: 'Which limit of which tenant.',
    inputFields: (t) => ({
      tenant: t.field(which),
      meter: t.string({ required: true, description: 'The meter: `MEMBERS` …' }),
      limit: t.field({ type: 'SafeInt', description: 'The most in its period; null: no limit.' }),
      reason: t.string({ required: true, description: reason }),
      expiresAt: t.field({ type: 'DateTime', description: expiresAt }),
    }),
  },
  {
    nullable: true,
    description:
      'Gives a tenant another limit than its plan’s, on every instance within a second. It may be below what is used: nothing is taken away, and nothing more is let in.',
    resolve: (_parent, { input: { tenant, limit, ...input } }, context) =>
      change(context, tenant, (tx, actor) =>
        overrideLimit(tx, actor, {
          ...{ meter: input.meter, limit: limit ?? null, reason: input.reason },
          expiresAt: input.expiresAt ?? null,
        }),
      ),
  },
  outcome,
);

operatorBuilder.relayMutationField(
  'tenantFeatureOverride',
  {
    description: 'Which feature of which tenant.',
    inputFields: (t) => ({
      tenant: t.field(which),
      feature: t.string({ required: true, description: 'The feature: `CUSTOM_DOMAIN` …' }),
      granted: t.boolean({ required: true, description: 'false withholds what its plan has.' }),
      reason: t.string({ required: true, description: reason }),
      expiresAt: t.field({ type: 'DateTime', description: expiresAt }),
    }),
  },
  {
    nullable: true,
    description:
      'Grants a tenant a feature, or withholds it, whatever its plan says; on every instance within a second.',
    resolve: (_parent, { input: { tenant, ...input } }, context) =>
      change(context, tenant, (tx, actor) =>
        overrideFeature(tx, actor, { ...input, expiresAt: input.expiresAt ?? null }),
      ),
  },
  outcome,
);

operatorBuilder.relayMutationField(
  'tenantOverrideRemove',
  {
    description: 'Which one of which tenant.',
    inputFields: (t) => ({
      tenant: t.field(which),
      kind: t.field({ type: OverrideKindType, required: true, description: 'What kind.' }),
      code: t.string({ required: true, description: 'The meter or the feature.' }),
    }),
  },
  {
    nullable: true,
    description: 'Leaves it to the plan again, on every instance within a second.',
    resolve: (_parent, { input: { tenant, kind, code } }, context) =>
      change(context, tenant, (tx, actor) => removeOverride(tx, actor, kind, code)),
  },
  outcome,
);
