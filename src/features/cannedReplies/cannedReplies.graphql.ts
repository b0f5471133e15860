import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { defineLoader } from '../../graphql/loader.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import {
  type CannedReply,
  cannedReplyOrder,
  countCannedReplies,
  findCannedRepliesByIds,
  findCannedReplyPage,
} from './cannedReplies.queries.ts';
import {
  cannedReplyErrorCodes,
  changeCannedReply,
  createCannedReply,
  removeCannedReply,
} from './cannedReplies.ts';

const loadCannedReply = defineLoader<CannedReply>(
  (tx, ids) => findCannedRepliesByIds(tx, { ids }),
  (reply) => reply.id,
);

const CannedReplyType = builder.node(builder.objectRef<CannedReply>('CannedReply'), {
  access: 'conversations:read',
  description: 'A text that members send often, at hand by its shortcut.',
  id: { resolve: (reply) => reply.id, description: `\`${idExample('CannedReply')}\`` },
  loadWithoutCache: (id, context) => loadCannedReply(context, id),
  fields: (t) => ({
    shortcut: t.exposeString('shortcut', {
      description: 'What one types for it, such as "hours".',
    }),
    body: t.exposeString('body', { description: 'The text.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

const CannedReplyConnection = defineConnection<CannedReply>('CannedReply', CannedReplyType);

builder.queryField('cannedReplies', (t) =>
  t.field({
    type: CannedReplyConnection,
    nullable: true,
    access: 'conversations:read',
    description: 'Texts that members send often, by shortcut.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<CannedReply>> => {
      const page = readPage(args, pageRules(cannedReplyOrder, 20));
      const connection = toConnection(await findCannedReplyPage(tx, page), page, ({ shortcut }) =>
        makeCursor(cannedReplyOrder.sort, [shortcut]),
      );
      return {
        ...connection,
        countRows: async () => (await countCannedReplies(tx))[0]?.count ?? 0,
      };
    },
  }),
);

const CannedReplyUserError = userErrorType('CannedReply', cannedReplyErrorCodes);

type Types = typeof builder.$inferSchemaTypes;
type Outputs = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<CannedReply>>;

const payload = {
  description: 'The canned reply, or why nothing was changed.',
  outputFields: (t: Outputs) => ({
    cannedReply: t.field({
      type: CannedReplyType,
      nullable: true,
      description: 'The canned reply; null when nothing was changed.',
      resolve: ({ value }) => value,
    }),
    userErrors: t.field({
      type: [CannedReplyUserError],
      description: 'Why nothing was changed.',
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
};

builder.relayMutationField(
  'cannedReplyCreate',
  {
    description: 'A new canned reply.',
    inputFields: (t) => ({
      shortcut: t.string({
        required: true,
        description: 'What one types for it: up to 50 characters without blanks, unique here.',
      }),
      body: t.string({ required: true, description: 'The text, up to 4096 characters.' }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Adds a text that is sent often.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => createCannedReply(tx, context.actor, input)),
  },
  payload,
);

builder.relayMutationField(
  'cannedReplyUpdate',
  {
    description: 'What to change; what is left out stays as it is.',
    inputFields: (t) => ({
      id: t.globalID({ for: CannedReplyType, required: true, description: 'Which one.' }),
      shortcut: t.string({ description: 'What one types for it.' }),
      body: t.string({ description: 'The text, up to 4096 characters.' }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Changes the fields that are given.',
    resolve: (_parent, { input: { id, ...fields } }, context) =>
      settle(context, (tx) => changeCannedReply(tx, context.actor, id.id, fields)),
  },
  payload,
);

builder.relayMutationField(
  'cannedReplyDelete',
  {
    description: 'Which canned reply.',
    inputFields: (t) => ({
      id: t.globalID({ for: CannedReplyType, required: true, description: 'Which one.' }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Deletes a canned reply for good; what was sent with it stays.',
    resolve: (_parent, { input: { id } }, context) =>
      settle(context, (tx) => removeCannedReply(tx, context.actor, id.id)),
  },
  payload,
);
