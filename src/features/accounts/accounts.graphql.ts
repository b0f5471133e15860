import type { Membership } from '../../auth/lookups.ts';
import type { Caller } from '../../auth/principal.ts';
import { builder } from '../../graphql/builder.ts';
import { encodeId } from '../../lib/ids.ts';
import { MemberRoleType } from '../members/members.graphql.ts';
import { TenantStatusType } from '../tenants/tenants.graphql.ts';

export const MembershipType = builder.objectRef<Membership>('Membership').implement({
  description: 'A business that one belongs to, and as what.',
  fields: (t) => ({
    tenantId: t.id({
      description: 'The business.',
      resolve: ({ tenant_id }) => encodeId('Tenant', tenant_id),
    }),
    slug: t.exposeString('slug', { description: 'Its name in addresses.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    plan: t.exposeString('plan', { description: 'The code of its plan.' }),
    status: t.field({
      type: TenantStatusType,
      description: 'Whether it is in use.',
      resolve: ({ status }) => status,
    }),
    role: t.field({
      type: MemberRoleType,
      description: 'What one may do there.',
      resolve: ({ role }) => role,
    }),
  }),
});

const ViewerKindType = builder.enumType('ViewerKind', {
  description: 'Who can ask.',
  values: {
    USER: { description: 'A person, signed in.' },
    API_KEY: { description: 'A program with an API key.' },
  } as const,
});

export const ViewerType = builder.objectRef<Caller>('Viewer').implement({
  description: 'Who is asking, and what they may do in the current business.',
  fields: (t) => ({
    kind: t.field({
      type: ViewerKindType,
      description: 'Person or key.',
      resolve: ({ kind }) => (kind === 'API_KEY' ? 'API_KEY' : 'USER'),
    }),
    id: t.id({
      description: 'The user or the API key.',
      resolve: (viewer) =>
        viewer.kind === 'API_KEY'
          ? encodeId('ApiKey', viewer.apiKeyId)
          : encodeId('User', viewer.userId),
    }),
    name: t.exposeString('name', { description: 'What they are called.' }),
    email: t.string({
      nullable: true,
      description: 'The address they signed in with; null for a key.',
      resolve: (viewer) => (viewer.kind === 'API_KEY' ? null : viewer.email),
    }),
    role: t.field({
      type: MemberRoleType,
      nullable: true,
      description: 'Their role here; null for a key, and outside of a business.',
      resolve: (viewer) => (viewer.kind === 'USER' ? viewer.role : null),
    }),
    permissions: t.stringList({
      description: 'What they may do here, such as `products:write`.',
      resolve: (viewer) => (viewer.kind === 'ACCOUNT' ? [] : [...viewer.permissions].sort()),
    }),
    features: t.stringList({
      description: 'What this business has, by its plan or by agreement, such as `CUSTOM_DOMAIN`.',
      resolve: (viewer) => (viewer.kind === 'ACCOUNT' ? [] : [...viewer.features]),
    }),
    memberships: t.field({
      type: [MembershipType],
      cost: { complexity: 5 },
      description: 'Every business they belong to; empty for a key.',
      resolve: (viewer, _args, { services }) =>
        viewer.kind === 'API_KEY' ? [] : services.listMemberships(viewer.userId),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    nullable: true,
    access: 'caller',
    description: 'Who is asking, in a business or not.',
    resolve: (_parent, _args, context) => context.requireCaller(),
  }),
);
