import { builder, idExample } from '../../graphql/builder.ts';
import { findOwnTenant, type Tenant } from './tenants.queries.ts';

export const TenantStatusType = builder.enumType('TenantStatus', {
  description: 'Where a business is in its life on the platform.',
  values: {
    TRIAL: { description: 'Trying it out.' },
    ACTIVE: { description: 'In use.' },
    SUSPENDED: { description: 'Can read and export its own data, nothing else.' },
    DELETING: { description: 'About to be removed.' },
  } as const,
});

export const TenantType = builder.node(builder.objectRef<Tenant>('Tenant'), {
  access: 'tenant:read',
  description: 'A business on the platform.',
  id: { resolve: (tenant) => tenant.id, description: `\`${idExample('Tenant')}\`` },
  loadWithoutCache: async (id, context) => {
    const [tenant] = await findOwnTenant(context.tx);
    return tenant?.id === id ? tenant : null;
  },
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Its name in addresses.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it does.' }),
    domain: t.exposeString('domain', {
      nullable: true,
      description: 'The domain that it proved first; see `domains`.',
    }),
    status: t.field({
      type: TenantStatusType,
      description: 'Whether it is in use.',
      resolve: ({ status }) => status,
    }),
    plan: t.exposeString('plan', { description: 'The code of its plan, such as PREMIUM.' }),
    metadata: t.expose('metadata', { type: 'JSONObject', description: 'Its own data.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it joined.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

builder.queryField('tenant', (t) =>
  t.field({
    type: TenantType,
    nullable: true,
    access: 'tenant:read',
    description: 'The business that you are signed in to.',
    resolve: async (_parent, _args, { tx }) => (await findOwnTenant(tx))[0] ?? null,
  }),
);
