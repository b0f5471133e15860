import { builder } from '../../graphql/builder.ts';
import { MeterType } from '../usage/usage.graphql.ts';
import { type Entitlement, type EntitlementReason, readEntitlements } from './entitlements.ts';

const EntitlementReasonType = builder.enumType('EntitlementReason', {
  description: 'Why something is granted, or is not.',
  values: {
    PLAN: { description: 'The plan has it, or has it not.' },
    OVERRIDE: { description: 'It was agreed beside the plan: granted, withheld or limited anew.' },
    QUOTA: { description: 'The plan has it, and all of it is used.' },
  } as const satisfies Record<EntitlementReason, object>,
});

const EntitlementType = builder.objectRef<Entitlement>('Entitlement').implement({
  description: 'Whether the business may use something now: a feature, or one more of a meter.',
  fields: (t) => ({
    feature: t.exposeString('feature', {
      nullable: true,
      description: 'The code of the feature; null for a meter.',
    }),
    meter: t.field({
      type: MeterType,
      nullable: true,
      description: 'The meter; null for a feature.',
      resolve: ({ meter }) => meter,
    }),
    granted: t.exposeBoolean('granted', { description: 'Whether it may be used now.' }),
    reason: t.field({
      type: EntitlementReasonType,
      description: 'Why, or why not.',
      resolve: ({ reason }) => reason,
    }),
    limit: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'The most in a period; null for a feature, and where there is no limit.',
      resolve: ({ reading }) => reading?.limit ?? null,
    }),
    used: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Used in this period; null for a feature.',
      resolve: ({ reading }) => reading?.used ?? null,
    }),
    remaining: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'What is left; null for a feature, and where there is no limit.',
      resolve: ({ reading }) => reading?.remaining ?? null,
    }),
    resetsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the next period begins; null where there is none.',
      resolve: ({ reading }) => reading?.resetsAt ?? null,
    }),
    plans: t.stringList({
      description: 'Codes of the plans that have the feature, or more of the meter.',
      resolve: ({ plans }) => [...plans],
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When what was agreed beside the plan ends; null: it does not, or nothing was.',
    }),
  }),
});

const EntitlementReferenceInput = builder.inputType('EntitlementReference', {
  isOneOf: true,
  description: 'One thing that a plan grants, named in one of these ways.',
  fields: (t) => ({
    feature: t.string({ description: 'A feature, by its code.' }),
    meter: t.field({ type: MeterType, description: 'A meter.' }),
  }),
});

builder.queryField('entitlement', (t) =>
  t.field({
    type: EntitlementType,
    nullable: true,
    access: 'usage:read',
    unmetered: true,
    cost: { complexity: 15 },
    description: 'Whether the business may use a feature or a meter; null when there is no such.',
    args: {
      by: t.arg({ type: EntitlementReferenceInput, required: true, description: 'Which one.' }),
    },
    resolve: async (_parent, { by }, { tx, services }) => {
      const all = await readEntitlements(tx, await services.planCatalogue());
      const isMeant = ({ feature, meter }: Entitlement) =>
        by.feature == null ? meter === by.meter : feature === by.feature;
      return all.find(isMeant) ?? null;
    },
  }),
);

builder.queryField('entitlements', (t) =>
  t.field({
    type: [EntitlementType],
    nullable: true,
    access: 'usage:read',
    unmetered: true,
    cost: { complexity: 15 },
    description: 'Everything that a plan can grant: every feature, then every meter.',
    resolve: async (_parent, _args, { tx, services }) =>
      readEntitlements(tx, await services.planCatalogue()),
  }),
);
