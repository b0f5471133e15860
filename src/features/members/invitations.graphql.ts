import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import {
  countInvitations,
  findInvitationPage,
  type Invitation,
  invitationOrder,
} from './invitations.queries.ts';
import { inviteMember, resendInvitation, revokeInvitation } from './invitations.ts';
import { invitationErrorCodes } from './memberErrors.ts';
import { MemberRoleType, MemberType } from './members.graphql.ts';
import { loadInvitation, loadMember } from './members.loaders.ts';
import { canManageInvitation } from './viewerCan.ts';

const InvitationStatusType = builder.enumType('InvitationStatus', {
  description: 'What became of an invitation.',
  values: {
    PENDING: { description: 'It can be accepted.' },
    EXPIRED: { description: 'It was not accepted in time.' },
    ACCEPTED: { description: 'They have joined.' },
    REVOKED: { description: 'It was taken back.' },
  } as const,
});

function statusOf({ acceptedAt, revokedAt, closedAt, expiresAt }: Invitation) {
  if (acceptedAt !== null) return 'ACCEPTED';
  if (revokedAt !== null) return 'REVOKED';
  return closedAt !== null || Date.parse(expiresAt) <= Date.now() ? 'EXPIRED' : 'PENDING';
}

const InvitationType = builder.node(builder.objectRef<Invitation>('Invitation'), {
  access: 'members:read',
  description: 'Somebody who was asked by mail to join the business.',
  id: { resolve: ({ id }) => id, description: `\`${idExample('Invitation')}\`` },
  loadWithoutCache: (id, context) => loadInvitation(context, id),
  fields: (t) => ({
    email: t.exposeString('email', { description: 'Where the mail went.' }),
    role: t.field({
      type: MemberRoleType,
      description: 'What they may do once they have joined.',
      resolve: ({ role }) => role,
    }),
    status: t.field({
      type: InvitationStatusType,
      description: 'What became of it.',
      resolve: statusOf,
    }),
    invitedBy: t.field({
      type: MemberType,
      nullable: true,
      description: 'Who invited them.',
      resolve: ({ invitedById }, _args, context) => loadMember(context, invitedById),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be accepted: 48 hours after the last mail.',
    }),
    acceptedAt: t.expose('acceptedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they joined; null: they have not.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was taken back; null: it was not.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were invited.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this last changed.' }),
    viewerCanManage: t.boolean({
      description: 'Whether whoever asks may resend or revoke it, as it is now.',
      resolve: (invitation, _args, { principal }) =>
        statusOf(invitation) !== 'ACCEPTED' &&
        invitation.closedAt === null &&
        canManageInvitation(principal, invitation),
    }),
  }),
});

const InvitationConnection = defineConnection<Invitation>('Invitation', InvitationType);

builder.queryField('invitations', (t) =>
  t.field({
    type: InvitationConnection,
    nullable: true,
    access: 'members:read',
    description: 'Who was invited, the newest first, whatever became of it.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<Invitation>> => {
      const page = readPage(args, pageRules(invitationOrder, 20));
      const rows = await findInvitationPage(tx, page);
      const connection = toConnection(rows, page, ({ createdAt, id }) =>
        makeCursor(invitationOrder.sort, [createdAt, id]),
      );
      return { ...connection, countRows: async () => (await countInvitations(tx))[0]?.count ?? 0 };
    },
  }),
);

const InvitationUserError = userErrorType('Invitation', invitationErrorCodes);

const payload = { description: 'The invitation, or why nothing was changed.' };

builder.relayMutationField(
  'memberInvite',
  {
    description: 'Who is to join, and as what.',
    inputFields: (t) => ({
      email: t.string({ required: true, description: 'The address that the mail goes to.' }),
      role: t.field({
        type: MemberRoleType,
        required: true,
        description: 'What they may do; your own role at most.',
      }),
    }),
  },
  {
    access: 'members:write',
    rateLimit: { limit: 100, window: 60, per: 'TENANT' },
    description:
      'Invites somebody by mail, for 48 hours. An open invitation takes no seat of the plan: accepting it does. The answer is the same whether or not the address has an account.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => inviteMember(tx, context.actor, input, context.services.publicUrl())),
  },
  {
    ...payload,
    outputFields: (t) => ({
      invitation: t.field({
        type: InvitationType,
        nullable: true,
        description: 'The invitation; null when nobody was invited.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [InvitationUserError],
        description: 'Why nobody was invited.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'invitationResend',
  {
    description: 'Which invitation.',
    inputFields: (t) => ({
      id: t.globalID({ for: InvitationType, required: true, description: 'The invitation.' }),
    }),
  },
  {
    access: 'members:write',
    description:
      'Mails an invitation once more, with a new token, for another 48 hours. The former token is dead.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) =>
        resendInvitation(tx, context.actor, input.id.id, context.services.publicUrl()),
      ),
  },
  {
    ...payload,
    outputFields: (t) => ({
      invitation: t.field({
        type: InvitationType,
        nullable: true,
        description: 'The invitation; null when nothing was mailed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [InvitationUserError],
        description: 'Why nothing was mailed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'invitationRevoke',
  {
    description: 'Which invitation.',
    inputFields: (t) => ({
      id: t.globalID({ for: InvitationType, required: true, description: 'The invitation.' }),
    }),
  },
  {
    access: 'members:write',
    description: 'Takes an invitation back: its token is dead at once.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => revokeInvitation(tx, context.actor, input.id.id)),
  },
  {
    ...payload,
    outputFields: (t) => ({
      invitation: t.field({
        type: InvitationType,
        nullable: true,
        description: 'The invitation; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [InvitationUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
