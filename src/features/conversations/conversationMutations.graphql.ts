import { builder } from '../../graphql/builder.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { CustomerType } from '../customers/customers.graphql.ts';
import { MemberType } from '../members/members.graphql.ts';
import { conversationErrorCodes } from './conversationErrors.ts';
import {
  ConversationPriorityType,
  ConversationStatusType,
  ConversationType,
} from './conversations.graphql.ts';
import type { Conversation } from './conversations.queries.ts';
import {
  assignConversation,
  changeConversation,
  createConversation,
  markConversationRead,
} from './conversations.ts';

const ConversationUserError = userErrorType('Conversation', conversationErrorCodes);

type Types = typeof builder.$inferSchemaTypes;
type Inputs = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;
type Outputs = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<Conversation>>;

const commonInputs = (t: Inputs) => ({
  subject: t.string({ description: 'What it is about, up to 255 characters.' }),
  priority: t.field({ type: ConversationPriorityType, description: 'How urgent it is.' }),
  labels: t.stringList({ description: 'Words to group it by, at most 100.' }),
  lastIntent: t.string({ description: 'What the customer wants, such as "delivery".' }),
  externalReference: t.string({ description: 'Its id in another system, unique here.' }),
});

const payload = {
  description: 'The conversation as it is now, or why nothing was changed.',
  outputFields: (t: Outputs) => ({
    conversation: t.field({
      type: ConversationType,
      nullable: true,
      description: 'The conversation; null when nothing was changed.',
      resolve: ({ value }) => value,
    }),
    userErrors: t.field({
      type: [ConversationUserError],
      description: 'Why nothing was changed.',
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
};

builder.relayMutationField(
  'conversationCreate',
  {
    description: 'A new conversation.',
    inputFields: (t) => ({
      ...commonInputs(t as unknown as Inputs),
      id: t.field({
        type: 'UUID',
        description: 'Your own id for it, so that a repeated call opens no second one.',
      }),
      customerId: t.globalID({ for: CustomerType, required: true, description: 'With whom.' }),
      assigneeId: t.globalID({ for: MemberType, description: 'Who looks after it.' }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Opens a conversation with a customer.',
    resolve: (_parent, { input: { customerId, assigneeId, ...fields } }, context) =>
      settle(context, (tx) =>
        createConversation(tx, context.actor, {
          ...fields,
          customerId: customerId.id,
          assigneeId: assigneeId?.id,
        }),
      ),
  },
  payload,
);

builder.relayMutationField(
  'conversationUpdate',
  {
    description: 'What to change; what is left out stays as it is.',
    inputFields: (t) => ({
      ...commonInputs(t as unknown as Inputs),
      id: t.globalID({ for: ConversationType, required: true, description: 'Which one.' }),
      status: t.field({
        type: ConversationStatusType,
        description: 'Who has it now; SNOOZED needs `snoozedUntil`.',
      }),
      snoozedUntil: t.field({
        type: 'DateTime',
        description: 'When to look at it again; only with SNOOZED.',
      }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Changes the fields that are given.',
    resolve: (_parent, { input: { id, ...fields } }, context) =>
      settle(context, (tx) => changeConversation(tx, context.actor, id.id, fields)),
  },
  payload,
);

builder.relayMutationField(
  'conversationAssign',
  {
    description: 'Who is to look after which conversation.',
    inputFields: (t) => ({
      id: t.globalID({ for: ConversationType, required: true, description: 'Which one.' }),
      assigneeId: t.globalID({
        for: MemberType,
        description: 'The member; null or left out: nobody.',
      }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Gives a conversation to a member, or to nobody.',
    resolve: (_parent, { input: { id, assigneeId } }, context) =>
      settle(context, (tx) => assignConversation(tx, context.actor, id.id, assigneeId?.id ?? null)),
  },
  payload,
);

builder.relayMutationField(
  'conversationMarkRead',
  {
    description: 'Which conversation.',
    inputFields: (t) => ({
      id: t.globalID({ for: ConversationType, required: true, description: 'Which one.' }),
    }),
  },
  {
    access: 'conversations:write',
    description: 'Marks what the customer wrote as read; they go on waiting until answered.',
    resolve: (_parent, { input: { id } }, context) =>
      settle(context, (tx) => markConversationRead(tx, context.actor, id.id)),
  },
  payload,
);
