import type { Plan, PlanFeature } from '../../auth/lookups.ts';
import { builder } from '../../graphql/builder.ts';

export const PlanType = builder.objectRef<Plan>('Plan').implement({
  description: 'What a business can subscribe to.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, such as PREMIUM.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { description: 'For whom it is.' }),
    position: t.exposeInt('position', {
      description:
        'The larger plan has the higher one: `@requiresPlan` asks for one at least as large.',
    }),
    isSelfService: t.boolean({
      description: 'Whether an owner can choose it; false: it is agreed with an operator.',
      resolve: (plan) => plan.self_service,
    }),
    limits: t.expose('limits', {
      type: 'JSONObject',
      description: 'Meter → the most in its period; a meter that is missing has no limit.',
    }),
    features: t.exposeStringList('features', { description: 'What it has that others lack.' }),
  }),
});

const PlanFeatureType = builder.objectRef<PlanFeature>('PlanFeature').implement({
  description: 'Something that plans have or lack: what `@requiresFeature` asks for.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable, such as CUSTOM_DOMAIN.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { description: 'What it opens.' }),
    plans: t.field({
      type: [PlanType],
      description: 'The plans that have it, the smallest first.',
      resolve: async ({ code }, _args, { services }) =>
        (await services.planCatalogue()).plans.filter(({ features }) => features.includes(code)),
    }),
  }),
});

builder.queryField('plans', (t) =>
  t.field({
    type: [PlanType],
    nullable: true,
    access: 'public',
    unmetered: true,
    description: 'Every plan there is, the smallest first.',
    resolve: async (_parent, _args, { services }) => [...(await services.planCatalogue()).plans],
  }),
);

builder.queryField('features', (t) =>
  t.field({
    type: [PlanFeatureType],
    nullable: true,
    access: 'public',
    description: 'Every feature that a plan can have.',
    resolve: async (_parent, _args, { services }) => [...(await services.planCatalogue()).features],
  }),
);
