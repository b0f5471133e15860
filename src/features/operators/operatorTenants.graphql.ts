import DataLoader from 'dataloader';
import { pageRules } from '../../db/query/keyset.ts';
import { operatorBuilder } from '../../graphql/operator/builder.ts';
import { defineOperatorConnection } from '../../graphql/operator/connections.ts';
import type { OperatorContext } from '../../graphql/operator/context.ts';
import { encodeId, readId } from '../../lib/ids.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import {
  countTenants,
  findHealth,
  findTenantById,
  findTenantBySlug,
  findTenantPage,
  type TenantHealth,
  tenantOrder,
} from './operatorTenants.queries.ts';

const TenantStatusType = operatorBuilder.enumType('TenantStatus', {
  description: 'Where a tenant is in its life on the platform.',
  values: {
    TRIAL: { description: 'Trying it out.' },
    ACTIVE: { description: 'In use.' },
    SUSPENDED: { description: 'Can read and export its own data, nothing else.' },
    DELETING: { description: 'About to be removed.' },
  } as const,
});

const TenantHealthType = operatorBuilder.objectRef<TenantHealth>('TenantHealth').implement({
  description: 'How a tenant is doing, from indexes and daily counters.',
  fields: (t) => ({
    lastActivityAt: t.expose('lastActivityAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The latest event in its audit log; null: none so far.',
    }),
    members: t.exposeInt('members', { description: 'How many people belong to it.' }),
    products: t.exposeInt('products', { description: 'How many products it has.' }),
    requestsToday: t.expose('requestsToday', {
      type: 'SafeInt',
      description: 'API requests since midnight UTC.',
    }),
    requestsThisMonth: t.expose('requestsThisMonth', {
      type: 'SafeInt',
      description: 'API requests since the first of the month, UTC.',
    }),
    messagesThisMonth: t.expose('messagesThisMonth', {
      type: 'SafeInt',
      description: 'Messages since the first of the month, UTC.',
    }),
    conversationsThisMonth: t.expose('conversationsThisMonth', {
      type: 'SafeInt',
      description: 'Conversations opened since the first of the month, UTC.',
    }),
  }),
});

const healthLoader = {};

/** One statement for all tenants of a page. */
async function loadHealth(context: OperatorContext, id: string): Promise<TenantHealth> {
  let loader = context.loaders.get(healthLoader) as DataLoader<string, TenantHealth> | undefined;
  if (loader === undefined) {
    loader = new DataLoader<string, TenantHealth>(async (ids) => {
      const rows = await findHealth(context.tx, { ids });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((each) => byId.get(each) ?? new Error('a tenant is gone'));
    });
    context.loaders.set(healthLoader, loader as DataLoader<string, unknown>);
  }
  return loader.load(id);
}

export const TenantType = operatorBuilder.objectRef<Tenant>('Tenant').implement({
  description: 'A business on the platform.',
  fields: (t) => ({
    id: t.id({ description: '`ten_…`', resolve: ({ id }) => encodeId('Tenant', id) }),
    slug: t.exposeString('slug', { description: 'Its name in addresses.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    domain: t.exposeString('domain', { nullable: true, description: 'Its own domain.' }),
    status: t.field({
      type: TenantStatusType,
      description: 'Whether it is in use.',
      resolve: ({ status }) => status,
    }),
    plan: t.exposeString('plan', { description: 'The code of its plan, such as PREMIUM.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it joined.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    purgeAt: t.expose('purgeAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it may be removed for good; null: it is not being deleted.',
    }),
    settingsVersion: t.int({
      nullable: true,
      description: 'How often its settings were changed; null: it has none.',
      resolve: async ({ id }, _args, context) => (await loadHealth(context, id)).settingsVersion,
    }),
    health: t.field({
      type: TenantHealthType,
      description:
        'How it is doing. One statement for all tenants of a page: two index counts, the end of an index and sums of daily counters for each.',
      resolve: ({ id }, _args, context) => loadHealth(context, id),
    }),
  }),
});

const TenantConnection = defineOperatorConnection<Tenant>('Tenant', TenantType);

operatorBuilder.queryField('tenants', (t) =>
  t.field({
    type: TenantConnection,
    nullable: true,
    description: 'Every tenant, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      search: t.arg.string({
        description: 'Part of a name, a slug or a domain; case and accents do not matter.',
      }),
      status: t.arg({ type: TenantStatusType, description: 'Only these.' }),
      plan: t.arg.string({ description: 'Only those with this plan, by its code.' }),
    },
    resolve: async (_parent, args, { tx }) => {
      const page = readPage(args, pageRules(tenantOrder, 20));
      const connection = toConnection(
        await findTenantPage(tx, args, page),
        page,
        ({ createdAt, id }) => makeCursor(tenantOrder.sort, [createdAt, id]),
      );
      return { ...connection, countRows: () => countTenants(tx, args) };
    },
  }),
);

export const TenantReferenceInput = operatorBuilder.inputType('TenantReference', {
  isOneOf: true,
  description: 'One tenant, named in one of these ways.',
  fields: (t) => ({
    id: t.id({ description: 'Its id.' }),
    slug: t.string({ description: 'Its slug.' }),
  }),
});

export type TenantReference = typeof TenantReferenceInput.$inferInput;

export async function findReferred(
  { services }: OperatorContext,
  { id, slug }: TenantReference,
): Promise<Tenant | null> {
  const [tenant] = await services.database.read((tx) =>
    id == null
      ? findTenantBySlug(tx, { slug: slug ?? '' })
      : findTenantById(tx, { id: readId(id, 'Tenant') }),
  );
  return tenant ?? null;
}

operatorBuilder.queryField('tenant', (t) =>
  t.field({
    type: TenantType,
    nullable: true,
    description: 'One tenant; null when there is none of this name.',
    args: { by: t.arg({ type: TenantReferenceInput, required: true, description: 'Which one.' }) },
    resolve: (_parent, { by }, context) => {
      context.requireSignIn();
      return findReferred(context, by);
    },
  }),
);
