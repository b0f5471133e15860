import { builder } from '../../graphql/builder.ts';
import { passwordCost } from '../../graphql/cost/fieldCost.ts';
import { userErrorType } from '../../graphql/userErrors.ts';
import { MembershipType } from '../accounts/accounts.graphql.ts';
import { type Attempted, attempt } from '../accounts/attempt.ts';
import { placeRefreshToken } from '../accounts/refreshCookie.ts';
import { RefreshTokenPlaceType } from '../accounts/signIn.graphql.ts';
import { acceptInvitation, type Preview, previewInvitation } from './invitationAcceptance.ts';
import { acceptanceErrorCodes } from './memberErrors.ts';
import { MemberRoleType } from './members.graphql.ts';

const AcceptanceUserError = userErrorType('InvitationAcceptance', acceptanceErrorCodes);

const InvitedType = builder.objectRef<Preview>('InvitationPreview').implement({
  description: 'What one is invited to, for whoever holds the mailed token.',
  fields: (t) => ({
    businessName: t.string({
      description: 'What the business is called.',
      resolve: ({ tenant }) => tenant.name,
    }),
    inviterName: t.string({
      description: 'Who invites.',
      resolve: ({ inviter }) => inviter.name,
    }),
    email: t.string({
      description: 'Who is invited.',
      resolve: ({ invitation }) => invitation.email,
    }),
    role: t.field({
      type: MemberRoleType,
      description: 'What one may do there.',
      resolve: ({ invitation }) => invitation.role,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'Until when it can be accepted.',
      resolve: ({ invitation }) => invitation.expiresAt,
    }),
    hasAccount: t.boolean({
      description:
        'Whether the address has an account to sign in to; if not, accepting makes one of a name and a password.',
      resolve: ({ user }) => user?.has_password === true,
    }),
  }),
});

const LookupType = builder.objectRef<Attempted<Preview>>('InvitationLookup').implement({
  description: 'What a token is good for, or why it is good for nothing.',
  fields: (t) => ({
    invitation: t.field({
      type: InvitedType,
      nullable: true,
      description: 'The invitation; null: the token is none that can be used.',
      resolve: ({ value }) => value,
    }),
    retryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When to try again, where too much was tried.',
      resolve: ({ retryAt }) => retryAt,
    }),
    message: t.string({
      nullable: true,
      description: 'Why there is no invitation, for people; null: there is one.',
      resolve: ({ userErrors: [issue] }) => issue?.message ?? null,
    }),
  }),
});

builder.queryField('invitation', (t) =>
  t.field({
    type: LookupType,
    nullable: true,
    access: 'public',
    description: 'What a mailed token invites to. It is not used up.',
    args: {
      token: t.arg.string({ required: true, description: '`tot_…`, from the link in the mail.' }),
    },
    resolve: (_parent, { token }, context) =>
      attempt(context, () => previewInvitation(context, token)),
  }),
);

builder.relayMutationField(
  'invitationAccept',
  {
    description: 'What came by mail, and a new account where there is none.',
    inputFields: (t) => ({
      token: t.string({ required: true, description: '`tot_…`, good for 48 hours and once.' }),
      name: t.string({ description: 'What people call them; only without an account.' }),
      password: t.string({
        description: 'At least 12 characters; only without an account.',
      }),
      refreshTokenIn: t.field({
        type: RefreshTokenPlaceType,
        description: 'Where the refresh token of a new account is put; BODY when left out.',
      }),
    }),
  },
  {
    access: 'public',
    cost: passwordCost,
    description:
      'Joins the business, signed in to the account of the invited address, or with a new one that this makes: the mail proves the address. Send it as the only field of its operation.',
    resolve: (_parent, { input }, context) =>
      attempt(context, async () => {
        const place = input.refreshTokenIn ?? 'BODY';
        if (place === 'COOKIE') context.reply.requireCookies();
        const issued = await acceptInvitation(context, input);
        return 'refreshToken' in issued
          ? placeRefreshToken(context, place, issued)
          : { ...issued, refreshToken: null, refreshExpiresAt: null };
      }),
  },
  {
    description: 'A token for the business, or why there is none.',
    outputFields: (t) => ({
      token: t.string({
        nullable: true,
        description: 'Send it as "Authorization: Bearer …".',
        resolve: ({ value }) => value?.token ?? null,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the access token runs out.',
        resolve: ({ value }) => value?.expiresAt ?? null,
      }),
      refreshToken: t.string({
        nullable: true,
        description:
          'Of a new account; null where one was signed in, or where it is in the cookie.',
        resolve: ({ value }) => value?.refreshToken ?? null,
      }),
      refreshExpiresAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the new session ends, unless it is refreshed before.',
        resolve: ({ value }) => value?.refreshExpiresAt ?? null,
      }),
      membership: t.field({
        type: MembershipType,
        nullable: true,
        description: 'The business, and you in it; null when nothing was changed.',
        resolve: ({ value }) => value?.membership ?? null,
      }),
      retryAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When to try again, where too much was tried.',
        resolve: ({ retryAt }) => retryAt,
      }),
      userErrors: t.field({
        type: [AcceptanceUserError],
        description: 'Why nobody joined.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
