import type { Membership } from '../../auth/lookups.ts';
import type { Principal } from '../../auth/principal.ts';
import type { SignedIn } from '../../auth/signIn.ts';
import { builder } from '../../graphql/builder.ts';
import { userErrorType } from '../../graphql/userErrors.ts';
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

const ViewerType = builder.objectRef<Principal>('Viewer').implement({
  description: 'Who is asking, and what they may do in the current business.',
  fields: (t) => ({
    kind: t.field({
      type: ViewerKindType,
      description: 'Person or key.',
      resolve: ({ kind }) => kind,
    }),
    id: t.id({
      description: 'The user or the API key.',
      resolve: (viewer) =>
        viewer.kind === 'USER'
          ? encodeId('User', viewer.userId)
          : encodeId('ApiKey', viewer.apiKeyId),
    }),
    name: t.exposeString('name', { description: 'What they are called.' }),
    email: t.string({
      nullable: true,
      description: 'The address they signed in with; null for a key.',
      resolve: (viewer) => (viewer.kind === 'USER' ? viewer.email : null),
    }),
    role: t.field({
      type: MemberRoleType,
      nullable: true,
      description: 'Their role here; null for a key.',
      resolve: (viewer) => (viewer.kind === 'USER' ? viewer.role : null),
    }),
    permissions: t.stringList({
      description: 'What they may do here, such as `products:write`.',
      resolve: ({ permissions }) => [...permissions].sort(),
    }),
    memberships: t.field({
      type: [MembershipType],
      description: 'Every business they belong to; empty for a key.',
      resolve: (viewer, _args, { services }) =>
        viewer.kind === 'USER' ? services.listMemberships(viewer.userId) : [],
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    nullable: true,
    access: 'signedIn',
    description: 'Who is asking.',
    resolve: (_parent, _args, context) => context.requireSignIn(),
  }),
);

const SignInUserError = userErrorType('SignIn', {
  NOT_SIGNED_IN: 'No such person, password or membership; which one is not said.',
});

interface SignInAnswer {
  signedIn: SignedIn | null;
}

const refused = {
  code: 'NOT_SIGNED_IN',
  field: null,
  message: 'E-mail, password and business do not fit together.',
};

builder.relayMutationField(
  'signIn',
  {
    description: 'Who signs in, and where.',
    inputFields: (t) => ({
      email: t.string({ required: true, description: 'The e-mail address.' }),
      password: t.string({ required: true, description: 'The password.' }),
      tenantSlug: t.string({
        description: 'Which business; the one joined first when left out.',
      }),
    }),
  },
  {
    access: 'public',
    description: 'E-mail and password → an access token for one business.',
    resolve: async (
      _parent,
      { input },
      { services, request, selectedTenantId },
    ): Promise<SignInAnswer> => {
      const { email, password, tenantSlug } = input;
      return {
        signedIn: await services.signIn(
          { email, password, tenantSlug: tenantSlug ?? undefined, tenantId: selectedTenantId },
          request,
        ),
      };
    },
  },
  {
    description: 'The token, or why there is none.',
    outputFields: (t) => ({
      token: t.string({
        nullable: true,
        description: 'Send it as "Authorization: Bearer …".',
        resolve: ({ signedIn }) => signedIn?.token ?? null,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the token runs out.',
        resolve: ({ signedIn }) => signedIn?.expiresAt ?? null,
      }),
      membership: t.field({
        type: MembershipType,
        nullable: true,
        description: 'The business that the token is for.',
        resolve: ({ signedIn }) => signedIn?.membership ?? null,
      }),
      userErrors: t.field({
        type: [SignInUserError],
        description: 'Why nobody was signed in.',
        resolve: ({ signedIn }) => (signedIn === null ? [refused] : []),
      }),
    }),
  },
);
