import { pageRules } from '../../db/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { readPage, toConnection } from '../../lib/pagination.ts';
import { loadApiKey } from './apiKeys.loaders.ts';
import { type ApiKey, apiKeyOrder, countApiKeys, findApiKeyPage } from './apiKeys.queries.ts';
import { apiKeyCursor, apiKeyErrorCodes, createApiKey, revokeApiKey } from './apiKeys.ts';

export const ApiKeyType = builder.node(builder.objectRef<ApiKey>('ApiKey'), {
  access: 'apiKeys:read',
  description: 'A key for a program. It belongs to the business, not to a person.',
  id: { resolve: (apiKey) => apiKey.id, description: `\`${idExample('ApiKey')}\`` },
  loadWithoutCache: (id, context) => loadApiKey(context, id),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'The first characters of its secret.' }),
    scopes: t.exposeStringList('scopes', { description: 'What it may do.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it runs out; null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null: it is good.',
    }),
  }),
});

const ApiKeyConnection = defineConnection<ApiKey>('ApiKey', ApiKeyType);

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    nullable: true,
    access: 'apiKeys:read',
    description: 'The keys of this business, the newest first, revoked ones included.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<ApiKey>> => {
      const page = readPage(args, pageRules(apiKeyOrder, 20));
      const connection = toConnection(await findApiKeyPage(tx, page), page, apiKeyCursor);
      return { ...connection, countRows: async () => (await countApiKeys(tx))[0]?.count ?? 0 };
    },
  }),
);

const ApiKeyUserError = userErrorType('ApiKey', apiKeyErrorCodes);

builder.relayMutationField(
  'apiKeyCreate',
  {
    description: 'A new key.',
    inputFields: (t) => ({
      name: t.string({ required: true, description: 'What it is for.' }),
      scopes: t.stringList({ required: true, description: 'What it may do: `products:read` …' }),
      expiresAt: t.field({ type: 'DateTime', description: 'When it runs out; never if left out.' }),
    }),
  },
  {
    access: 'apiKeys:write',
    description: 'Makes an API key. Its secret is shown in this answer and never again.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => createApiKey(tx, context.actor, input)),
  },
  {
    description: 'The key with its secret, or why there is none.',
    outputFields: (t) => ({
      apiKey: t.field({
        type: ApiKeyType,
        nullable: true,
        description: 'The key.',
        resolve: ({ value }) => value?.apiKey ?? null,
      }),
      secret: t.string({
        nullable: true,
        description: 'Send it as "Authorization: Bearer …". It cannot be shown again.',
        resolve: ({ value }) => value?.secret ?? null,
      }),
      userErrors: t.field({
        type: [ApiKeyUserError],
        description: 'Why nothing was made.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'apiKeyRevoke',
  {
    description: 'Which key.',
    inputFields: (t) => ({
      id: t.globalID({ for: ApiKeyType, required: true, description: 'The key.' }),
    }),
  },
  {
    access: 'apiKeys:write',
    description: 'Ends an API key at once, on every instance.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => revokeApiKey(tx, context.actor, input.id.id)),
  },
  {
    description: 'The revoked key, or why nothing was changed.',
    outputFields: (t) => ({
      apiKey: t.field({
        type: ApiKeyType,
        nullable: true,
        description: 'The key.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [ApiKeyUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
