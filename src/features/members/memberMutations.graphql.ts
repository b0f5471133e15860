import { findTenant } from '../../auth/lookups.ts';
import type { Person, RequestFacts } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type Settled, settle, settleApart, userErrorType } from '../../graphql/userErrors.ts';
import { newId } from '../../lib/ids.ts';
import { MembershipType } from '../accounts/accounts.graphql.ts';
import { changeMemberRole, leaveTenant, removeMember } from './memberChanges.ts';
import { memberErrorCodes } from './memberErrors.ts';
import { MemberRoleType, MemberType } from './members.graphql.ts';
import { loadMember } from './members.loaders.ts';
import { findOpenTransfer, type OwnershipTransfer } from './ownershipTransfers.queries.ts';
import { acceptTransfer, cancelTransfer, startTransfer } from './ownershipTransfers.ts';

const MemberUserError = userErrorType('Member', memberErrorCodes);

builder.relayMutationField(
  'memberRoleChange',
  {
    description: 'Who, and what they may do from now on.',
    inputFields: (t) => ({
      id: t.globalID({ for: MemberType, required: true, description: 'The member.' }),
      role: t.field({
        type: MemberRoleType,
        required: true,
        description: 'Their new role; your own at most.',
      }),
    }),
  },
  {
    access: 'members:write',
    description:
      'Gives a member another role, on every instance within a second. Invitations that they sent and could send no longer are revoked.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => changeMemberRole(tx, context.actor, input.id.id, input.role)),
  },
  {
    description: 'The member, or why nothing was changed.',
    outputFields: (t) => ({
      member: t.field({
        type: MemberType,
        nullable: true,
        description: 'The member; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'memberRemove',
  {
    description: 'Who is to go.',
    inputFields: (t) => ({
      id: t.globalID({ for: MemberType, required: true, description: 'The member.' }),
    }),
  },
  {
    access: 'members:write',
    description:
      'Takes somebody out of the business: their tokens for it are refused within a second, their open invitations revoked, their open conversations unassigned. What they wrote stays; so do their account and other businesses.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => removeMember(tx, context.actor, input.id.id)),
  },
  {
    description: 'Who went, or why nothing was changed.',
    outputFields: (t) => ({
      member: t.field({
        type: MemberType,
        nullable: true,
        description: 'As they were; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

const tenantSlug = { required: true, description: 'The slug of the business.' } as const;

/** Runs a step of a person in a business that they name, whichever their token is for. */
async function settleAt<Value>(
  context: OperationContext,
  slug: string,
  step: (tx: TenantTransaction, person: Person, facts: RequestFacts) => Promise<Value>,
): Promise<Settled<Value> & { tenantId: string }> {
  const person = context.requirePerson();
  const found = await findTenant(context.services.database, 'SLUG', slug);
  // One that there is not is asked all the same: the two are not told apart by time either.
  const tenantId = found?.id ?? newId();
  const settled = await settleApart(context, tenantId, (tx) => step(tx, person, context.request));
  return { ...settled, tenantId };
}

builder.relayMutationField(
  'memberLeave',
  {
    description: 'Which business.',
    inputFields: (t) => ({ tenantSlug: t.string(tenantSlug) }),
  },
  {
    access: 'person',
    description:
      'Leaves a business; the last owner cannot. Send it as the only field of its operation.',
    resolve: (_parent, { input }, context) => settleAt(context, input.tenantSlug, leaveTenant),
  },
  {
    description: 'Whether one has left, or why not.',
    outputFields: (t) => ({
      done: t.boolean({
        description: 'Whether one has left.',
        resolve: ({ value }) => value !== null,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

const OwnershipTransferType = builder.objectRef<OwnershipTransfer>('OwnershipTransfer').implement({
  description: 'An offer to hand the business over, which waits to be accepted.',
  fields: (t) => ({
    from: t.field({
      type: MemberType,
      nullable: true,
      description: 'Who offers it: an admin afterwards.',
      resolve: ({ fromId }, _args, context) => loadMember(context, fromId),
    }),
    to: t.field({
      type: MemberType,
      nullable: true,
      description: 'Who is to accept it: an owner afterwards.',
      resolve: ({ toId }, _args, context) => loadMember(context, toId),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was offered.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when it can be accepted: 7 days.',
    }),
  }),
});

builder.queryField('ownershipTransfer', (t) =>
  t.field({
    type: OwnershipTransferType,
    nullable: true,
    access: 'members:read',
    description: 'The offer to hand the business over; null: there is none.',
    resolve: async (_parent, _args, { tx }) => (await findOpenTransfer(tx))[0] ?? null,
  }),
);

builder.relayMutationField(
  'ownershipTransferStart',
  {
    description: 'To whom.',
    inputFields: (t) => ({
      memberId: t.globalID({ for: MemberType, required: true, description: 'The member.' }),
    }),
  },
  {
    access: 'ownership:write',
    description:
      'Offers a member to hand the business over, by mail and for 7 days. When they accept they become an owner and you an admin.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) =>
        startTransfer(tx, context.actor, input.memberId.id, context.services.publicUrl),
      ),
  },
  {
    description: 'The offer, or why there is none.',
    outputFields: (t) => ({
      ownershipTransfer: t.field({
        type: OwnershipTransferType,
        nullable: true,
        access: 'members:read',
        description: 'The offer; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'ownershipTransferAccept',
  {
    description: 'Which business.',
    inputFields: (t) => ({ tenantSlug: t.string(tenantSlug) }),
  },
  {
    access: 'person',
    description:
      'Accepts the ownership that one was offered. Send it as the only field of its operation.',
    resolve: async (_parent, { input }, context) => {
      const settled = await settleAt(context, input.tenantSlug, acceptTransfer);
      const done = settled.userErrors.length === 0;
      const all = done
        ? await context.services.listMemberships(context.requirePerson().userId)
        : [];
      const membership = all.find(({ tenant_id }) => tenant_id === settled.tenantId) ?? null;
      return { ...settled, membership };
    },
  },
  {
    description: 'The business that one owns, or why nothing was changed.',
    outputFields: (t) => ({
      membership: t.field({
        type: MembershipType,
        nullable: true,
        description: 'The business, and you in it; null when nothing was changed.',
        resolve: ({ membership }) => membership,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'ownershipTransferCancel',
  {
    description: 'Which business.',
    inputFields: (t) => ({ tenantSlug: t.string(tenantSlug) }),
  },
  {
    access: 'person',
    description:
      'Takes an offer of ownership back, as an owner, or declines it. Send it as the only field of its operation.',
    resolve: (_parent, { input }, context) => settleAt(context, input.tenantSlug, cancelTransfer),
  },
  {
    description: 'Whether it is off, or why not.',
    outputFields: (t) => ({
      done: t.boolean({
        description: 'Whether it is off.',
        resolve: ({ userErrors }) => userErrors.length === 0,
      }),
      userErrors: t.field({
        type: [MemberUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
