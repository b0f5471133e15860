import { pageRules } from '../../db/query/keyset.ts';
import { broughtAlong } from '../../graphql/broughtAlong.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { needs, relation, sameRow } from '../../graphql/lookAhead.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { commonErrorCodes } from '../../lib/validation.ts';
import { ApiKeyType } from '../apiKeys/apiKeys.graphql.ts';
import { loadApiKey } from '../apiKeys/apiKeys.loaders.ts';
import type { ApiKey } from '../apiKeys/apiKeys.queries.ts';
import { CustomerType } from '../customers/customers.graphql.ts';
import { loadCustomer } from '../customers/customers.loaders.ts';
import type { Customer } from '../customers/customers.queries.ts';
import { MemberType } from '../members/members.graphql.ts';
import { loadMember } from '../members/members.loaders.ts';
import type { Member } from '../members/members.queries.ts';
import { quotaErrorCodes } from '../usage/useMeter.ts';
import { ConversationType } from './conversations.graphql.ts';
import {
  loadConversation,
  loadMessage,
  loadMessageCount,
  loadMessagePage,
} from './conversations.loaders.ts';
import type { Conversation } from './conversations.queries.ts';
import { type Message, messageOrder } from './messages.queries.ts';
import { sendMessage } from './sendMessage.ts';

export const MessageDirectionType = builder.enumType('MessageDirection', {
  description: 'Which way a message goes.',
  values: {
    INBOUND: { description: 'From the customer.' },
    OUTBOUND: { description: 'To the customer.' },
    INTERNAL: { description: 'A note for colleagues; the customer never sees it.' },
  } as const,
});

export const MessageAuthorKindType = builder.enumType('MessageAuthorKind', {
  description: 'Who wrote a message.',
  values: {
    MEMBER: { description: 'A member of the business.' },
    CUSTOMER: { description: 'The customer.' },
    API_KEY: { description: 'A program with an API key.' },
    SYSTEM: { description: 'The platform itself, such as the assistant.' },
  } as const,
});

const MessageAuthorType = builder.objectRef<Message>('MessageAuthor').implement({
  description: 'Who wrote a message. Of the other fields, the one that `kind` names has a value.',
  fields: (t) => ({
    kind: t.field({
      type: MessageAuthorKindType,
      description: 'What kind of author.',
      extensions: needs('authorMemberId', 'authorCustomerId', 'authorApiKeyId'),
      resolve: ({ authorMemberId, authorCustomerId, authorApiKeyId }) => {
        if (authorMemberId !== null) return 'MEMBER';
        if (authorCustomerId !== null) return 'CUSTOMER';
        return authorApiKeyId === null ? 'SYSTEM' : 'API_KEY';
      },
    }),
    member: t.field({
      type: MemberType,
      nullable: true,
      access: 'members:read',
      description: 'The member who wrote it.',
      present: ({ authorMemberId }: Message) => authorMemberId !== null,
      extensions: relation('authorMemberId'),
      resolve: (row, _args, context) =>
        broughtAlong<Member>(row, 'member') ?? loadMember(context, row.authorMemberId ?? ''),
    }),
    customer: t.field({
      type: CustomerType,
      nullable: true,
      access: 'customers:read',
      description: 'The customer who wrote it.',
      present: ({ authorCustomerId }: Message) => authorCustomerId !== null,
      extensions: relation('authorCustomerId'),
      resolve: (row, _args, context) =>
        broughtAlong<Customer>(row, 'customer') ??
        loadCustomer(context, row.authorCustomerId ?? ''),
    }),
    apiKey: t.field({
      type: ApiKeyType,
      nullable: true,
      access: 'apiKeys:read',
      description: 'The key of the program that wrote it.',
      present: ({ authorApiKeyId }: Message) => authorApiKeyId !== null,
      extensions: relation('authorApiKeyId'),
      resolve: (row, _args, context) =>
        broughtAlong<ApiKey>(row, 'apiKey') ?? loadApiKey(context, row.authorApiKeyId ?? ''),
    }),
  }),
});

export const MessageType = builder.node(builder.objectRef<Message>('Message'), {
  access: 'conversations:read',
  description: 'Something that was said. It never changes.',
  id: { resolve: (message) => message.id, description: `\`${idExample('Message')}\`` },
  loadWithoutCache: (id, context) => loadMessage(context, id),
  fields: (t) => ({
    conversation: t.field({
      type: ConversationType,
      nullable: true,
      description: 'Where it was said.',
      extensions: relation('conversationId'),
      resolve: (row, _args, context) =>
        broughtAlong<Conversation>(row, 'conversation') ??
        loadConversation(context, row.conversationId),
    }),
    direction: t.expose('direction', {
      type: MessageDirectionType,
      description: 'Which way it goes.',
    }),
    body: t.exposeString('body', { description: 'The text.' }),
    author: t.field({
      type: MessageAuthorType,
      description: 'Who wrote it.',
      extensions: sameRow,
      resolve: (message) => message,
    }),
    externalReference: t.exposeString('externalReference', {
      nullable: true,
      description: 'Its id in another system, unique in the business.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
  }),
});

const MessageConnection = defineConnection<Message>('Message', MessageType);

const messagePage = pageRules(messageOrder, 10);

builder.objectField(ConversationType, 'messages', (t) =>
  t.field({
    type: MessageConnection,
    description:
      'What was said, in the order it was written; `last: 5` gives the latest five. 10 unless asked otherwise.',
    args: t.arg.connectionArgs(),
    extensions: relation(),
    resolve: (conversation, args, context) => {
      const page = readPage(args, messagePage);
      const answer = (rows: readonly Message[]): CountedConnection<Message> => ({
        ...toConnection(rows, page, ({ createdAt, id }) =>
          makeCursor(messageOrder.sort, [createdAt, id]),
        ),
        countRows: async () => (await loadMessageCount(context, conversation.id))?.count ?? 0,
      });
      const brought = broughtAlong<Message[]>(conversation, 'messages', page);
      return brought
        ? answer(brought)
        : loadMessagePage(context, conversation.id, page).then(answer);
    },
  }),
);

const MessageUserError = userErrorType('Message', { ...commonErrorCodes, ...quotaErrorCodes });

builder.relayMutationField(
  'messageSend',
  {
    description: 'What to say in which conversation.',
    inputFields: (t) => ({
      id: t.field({
        type: 'UUID',
        description: 'Your own id for it, so that a repeated call does not say it twice.',
      }),
      conversationId: t.globalID({
        for: ConversationType,
        required: true,
        description: 'Where to say it.',
      }),
      body: t.string({ required: true, description: 'The text, up to 4096 characters.' }),
      internal: t.boolean({
        required: true,
        defaultValue: false,
        description: 'true: a note for colleagues that the customer never sees.',
      }),
      externalReference: t.string({ description: 'Its id in another system, unique here.' }),
    }),
  },
  {
    access: 'conversations:write',
    rateLimit: { limit: 600, window: 60, per: 'CALLER' },
    description:
      'Answers the customer, or leaves a note for colleagues. The author is whoever asks: the member, or the API key. An answer counts towards the messages of the day.',
    resolve: (_parent, { input }, context): Promise<Settled<Message>> =>
      settle(context, (tx) =>
        sendMessage(tx, context.actor, { ...input, conversationId: input.conversationId.id }),
      ),
  },
  {
    description: 'The message, or why nothing was said.',
    outputFields: (t) => ({
      message: t.field({
        type: MessageType,
        nullable: true,
        description: 'The message; null when nothing was said.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [MessageUserError],
        description: 'Why nothing was said.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
