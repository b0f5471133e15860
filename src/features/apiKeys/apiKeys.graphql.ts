import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { needs } from '../../graphql/lookAhead.ts';
import { showsSecret } from '../../graphql/repeats.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { readPage, toConnection } from '../../lib/pagination.ts';
import { apiKeyErrorCodes } from './apiKeyErrors.ts';
import { loadApiKey } from './apiKeys.loaders.ts';
import { type ApiKey, apiKeyOrder, countApiKeys, findApiKeyPage } from './apiKeys.queries.ts';
import {
  apiKeyCursor,
  changeApiKey,
  createApiKey,
  effectivePermissions,
  revokeApiKey,
} from './apiKeys.ts';
import type { MadeApiKey } from './makeApiKey.ts';
import { defaultOverlapSeconds, rotateApiKey } from './rotateApiKey.ts';

export const ApiKeyType = builder.node(builder.objectRef<ApiKey>('ApiKey'), {
  access: 'apiKeys:read',
  description: 'A key for a program. It belongs to the business, not to a person.',
  id: { resolve: (apiKey) => apiKey.id, description: `\`${idExample('ApiKey')}\`` },
  loadWithoutCache: (id, context) => loadApiKey(context, id),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'The first characters of its secret.' }),
    scopes: t.exposeStringList('scopes', { description: 'What it was given.' }),
    permissions: t.stringList({
      description:
        'What it may do now: what its scopes bring with them, nothing once it has ended, and no writing while the business is suspended.',
      extensions: needs('scopes', 'revokedAt', 'expiresAt'),
      resolve: (apiKey, _args, context) =>
        effectivePermissions(apiKey, context.requireSignIn().tenantStatus),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    costPerMinute: t.exposeInt('costPerMinute', {
      nullable: true,
      description:
        'What it may spend of the business’s budget in a minute, in points; null: half of it. Never more than the business has.',
    }),
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
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it was last used, to the minute and a second late; null: never, or not since a crash.',
    }),
  }),
});

builder.objectField(ApiKeyType, 'rotatedTo', (t) =>
  t.field({
    type: ApiKeyType,
    nullable: true,
    description: 'The key that takes over when this one runs out; null: it was not rotated.',
    extensions: needs('rotatedToId'),
    resolve: ({ rotatedToId }, _args, context) =>
      rotatedToId === null ? null : loadApiKey(context, rotatedToId),
  }),
);

const ApiKeyConnection = defineConnection<ApiKey>('ApiKey', ApiKeyType);

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    nullable: true,
    access: 'apiKeys:read',
    unmetered: true,
    description: 'The keys of this business, the newest first, revoked ones included.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<ApiKey>> => {
      const page = readPage(args, pageRules(apiKeyOrder, 20));
      const connection = toConnection(await findApiKeyPage(tx, page), page, apiKeyCursor);
      return { ...connection, countRows: async () => (await countApiKeys(tx))[0]?.count ?? 0 };
    },
  }),
);

builder.queryField('apiKey', (t) =>
  t.field({
    type: ApiKeyType,
    nullable: true,
    access: 'apiKeys:read',
    description: 'One key by its id; null when there is none that you can see.',
    args: { id: t.arg.globalID({ for: ApiKeyType, required: true, description: 'Its id.' }) },
    resolve: (_parent, { id }, context) => loadApiKey(context, id.id),
  }),
);

const ApiKeyUserError = userErrorType('ApiKey', apiKeyErrorCodes);

type Types = typeof builder.$inferSchemaTypes;
type MadeOutputs = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<MadeApiKey>>;
type ChangedOutputs = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<ApiKey>>;

const madePayload = {
  description: 'The new key with its secret, or why there is none.',
  outputFields: (t: MadeOutputs) => ({
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
};

const changedPayload = {
  description: 'The key as it is now, or why nothing was changed.',
  outputFields: (t: ChangedOutputs) => ({
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
};

builder.relayMutationField(
  'apiKeyCreate',
  {
    description: 'A new key.',
    inputFields: (t) => ({
      name: t.string({ required: true, description: 'What it is for.' }),
      scopes: t.stringList({ required: true, description: 'What it may do: `products:read` …' }),
      expiresAt: t.field({ type: 'DateTime', description: 'When it runs out; never if left out.' }),
      costPerMinute: t.int({
        description:
          'What it may spend of the business’s budget in a minute, in points; half of it if left out.',
      }),
    }),
  },
  {
    access: 'apiKeys:write',
    rateLimit: { limit: 100, window: 3600, per: 'TENANT' },
    extensions: showsSecret,
    description: 'Makes an API key. Its secret is shown in this answer and never again.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => createApiKey(tx, context.actor, input)),
  },
  madePayload,
);

builder.relayMutationField(
  'apiKeyUpdate',
  {
    description: 'What to change.',
    inputFields: (t) => ({
      id: t.globalID({ for: ApiKeyType, required: true, description: 'Which key.' }),
      name: t.string({ description: 'What it is for; as it is if left out.' }),
      costPerMinute: t.int({
        description:
          'What it may spend of the business’s budget in a minute, in points; null: half of it; as it is if left out.',
      }),
    }),
  },
  {
    access: 'apiKeys:write',
    description:
      'Says anew what an API key is for, and what it may spend. Its scopes stay: make another key for others.',
    resolve: (_parent, { input: { id, ...change } }, context) =>
      settle(context, (tx) => changeApiKey(tx, context.actor, id.id, change)),
  },
  changedPayload,
);

builder.relayMutationField(
  'apiKeyRotate',
  {
    description: 'Which key, and for how long the old secret goes on.',
    inputFields: (t) => ({
      id: t.globalID({ for: ApiKeyType, required: true, description: 'The key.' }),
      overlapSeconds: t.int({
        required: true,
        defaultValue: defaultOverlapSeconds,
        description: 'How long the old one goes on: 0 ends it at once, seven days at most.',
      }),
    }),
  },
  {
    access: 'apiKeys:write',
    extensions: showsSecret,
    description:
      'A new API key in place of another: the same name, scopes and expiry, another secret, good at once. The old one runs out when the overlap ends.',
    resolve: (_parent, { input: { id, overlapSeconds } }, context) =>
      settle(context, (tx) => rotateApiKey(tx, context.actor, id.id, overlapSeconds)),
  },
  madePayload,
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
    unmetered: true,
    description: 'Ends an API key at once, on every instance.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => revokeApiKey(tx, context.actor, input.id.id)),
  },
  changedPayload,
);
