import { takeTenantCreation } from '../../auth/attempts.ts';
import { findTenant, type Membership } from '../../auth/lookups.ts';
import type { Permission } from '../../auth/permissions.ts';
import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { settle, settleApart, userErrorType } from '../../graphql/userErrors.ts';
import { newId } from '../../lib/ids.ts';
import { MembershipType } from '../accounts/accounts.graphql.ts';
import { changeTenant, deleteTenant, restoreTenant } from './changeTenant.ts';
import { createTenant } from './createTenant.ts';
import { tenantErrorCodes } from './tenantInput.ts';
import { TenantType } from './tenants.graphql.ts';

const TenantUserError = userErrorType('Tenant', tenantErrorCodes);

const FirstApiKeyInput = builder.inputType('FirstApiKeyInput', {
  description: 'A key that a new business begins with.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for.' }),
    scopes: t.stringList({ required: true, description: 'What it may do: `products:read` …' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it runs out; never if left out.' }),
  }),
});

builder.relayMutationField(
  'tenantCreate',
  {
    description: 'A new business.',
    inputFields: (t) => ({
      slug: t.string({
        required: true,
        description:
          'Its name in addresses: 3 to 63 small letters, digits and single dashes. With the same slug and name, a repeated call makes no second one.',
      }),
      name: t.string({ required: true, description: 'What it is called, up to 100 characters.' }),
      description: t.string({ description: 'What it does, up to 2,000 characters.' }),
      sampleProducts: t.boolean({
        description: 'Whether its catalogue begins with a few products to try; yes if left out.',
      }),
      apiKey: t.field({
        type: FirstApiKeyInput,
        description: 'A first key for a program; none if left out.',
      }),
    }),
  },
  {
    access: 'person',
    description:
      'Makes a business, on trial, and you its owner: with settings, samples and a key, or not at all. Send it as the only field of its operation.',
    resolve: async (_parent, { input }, context) => {
      const person = context.requirePerson();
      const settled = await settleApart(context, newId(), async (tx) => {
        await takeTenantCreation(tx, person.userId, context.request);
        return createTenant(tx, person, context.request, input);
      });
      const { value } = settled;
      return { ...settled, membership: value && (await membershipIn(context, value.tenantId)) };
    },
  },
  {
    description: 'The business, or why there is none.',
    outputFields: (t) => ({
      membership: t.field({
        type: MembershipType,
        nullable: true,
        description: 'The business, and you in it; null when none was made.',
        resolve: ({ membership }) => membership,
      }),
      created: t.boolean({
        description: 'Whether it was made now; not when a repeated call found it.',
        resolve: ({ value }) => value?.created ?? false,
      }),
      secret: t.string({
        nullable: true,
        description: 'Of the key that was asked for. It is not kept, so a repeated call has null.',
        resolve: ({ value }) => value?.secret ?? null,
      }),
      userErrors: t.field({
        type: [TenantUserError],
        description: 'Why nothing was made.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'tenantUpdate',
  {
    description: 'What to change; what is left out stays as it is.',
    inputFields: (t) => ({
      name: t.string({ description: 'What it is called, up to 100 characters.' }),
      slug: t.string({ description: 'Its name in addresses; the former one still leads to it.' }),
      description: t.string({ description: 'What it does; null clears it.' }),
      metadata: t.field({ type: 'JSONObject', description: 'Its own data: the whole object.' }),
    }),
  },
  {
    access: 'tenant:write',
    description: 'Changes the business that you are signed in to.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => changeTenant(tx, context.actor, input)),
  },
  {
    description: 'The business as it is now, or why nothing was changed.',
    outputFields: (t) => ({
      tenant: t.field({
        type: TenantType,
        nullable: true,
        description: 'The business; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [TenantUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'tenantDelete',
  {
    description: 'Shows that it is meant.',
    inputFields: (t) => ({
      confirmation: t.string({
        required: true,
        description: 'The slug of the business that you are signed in to.',
      }),
    }),
  },
  {
    access: 'tenant:delete',
    description:
      'Ends the business that you are signed in to. Nobody gets in from now on; an owner can restore it until its rows are removed for good.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) =>
        deleteTenant(tx, context.actor, input.confirmation, context.services.deleteGraceDays),
      ),
  },
  {
    description: 'Until when it can be restored, or why nothing was changed.',
    outputFields: (t) => ({
      purgeAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'From then on its rows are removed; null when nothing was changed.',
        resolve: ({ value }) => value?.purgeAt ?? null,
      }),
      userErrors: t.field({
        type: [TenantUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'tenantRestore',
  {
    description: 'Which business.',
    inputFields: (t) => ({
      slug: t.string({ required: true, description: 'Its slug.' }),
    }),
  },
  {
    access: 'person',
    description:
      'Undoes the deletion of a business that you own. Send it as the only field of its operation.',
    resolve: async (_parent, { input }, context) => {
      const person = context.requirePerson();
      const found = await findTenant(context.services.database, 'SLUG', input.slug);
      // A tenant that there is not is asked all the same: the two are not told apart by time either.
      const tenantId = found?.id ?? newId();
      const actor = {
        ...{ kind: 'USER' as const, id: person.userId, name: person.name, memberId: null },
        ...{ permissions: new Set<Permission>(), ...context.request },
      };
      const settled = await settleApart(context, tenantId, (tx) => restoreTenant(tx, actor));
      const restored = settled.userErrors.length === 0;
      return { ...settled, membership: restored ? await membershipIn(context, tenantId) : null };
    },
  },
  {
    description: 'The business, or why nothing was changed.',
    outputFields: (t) => ({
      membership: t.field({
        type: MembershipType,
        nullable: true,
        description: 'The business, and you in it; null when nothing was changed.',
        resolve: ({ membership }) => membership,
      }),
      userErrors: t.field({
        type: [TenantUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

async function membershipIn(
  context: OperationContext,
  tenantId: string,
): Promise<Membership | null> {
  const { userId } = context.requirePerson();
  const memberships = await context.services.listMemberships(userId);
  return memberships.find(({ tenant_id }) => tenant_id === tenantId) ?? null;
}
