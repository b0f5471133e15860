import { defineLoader, definePageLoader } from '../../graphql/loader.ts';
import {
  type Conversation,
  conversationOrder,
  countConversationsOfCustomers,
  findConversationPagesOfCustomers,
  findConversationsByIds,
} from './conversations.queries.ts';
import {
  countMessages,
  findMessagePages,
  findMessagesByIds,
  type Message,
} from './messages.queries.ts';

export const loadConversation = defineLoader<Conversation>(
  (tx, ids) => findConversationsByIds(tx, { ids }),
  (conversation) => conversation.id,
);

/** A customer's own list: what they last wrote in comes first. */
export const customerConversationOrder = conversationOrder('LAST_MESSAGE_AT', true);

export const loadConversationPage = definePageLoader<Conversation>(
  (tx, customerIds, page) =>
    findConversationPagesOfCustomers(tx, customerIds, customerConversationOrder, page),
  (conversation) => conversation.customerId,
);

export const loadConversationCount = defineLoader<{ customerId: string; count: number }>(
  (tx, customerIds) => countConversationsOfCustomers(tx, { customerIds }),
  (row) => row.customerId,
);

export const loadMessage = defineLoader<Message>(
  (tx, ids) => findMessagesByIds(tx, { ids }),
  (message) => message.id,
);

export const loadMessagePage = definePageLoader<Message>(
  findMessagePages,
  (message) => message.conversationId,
);

export const loadMessageCount = defineLoader<{ conversationId: string; count: number }>(
  (tx, conversationIds) => countMessages(tx, { conversationIds }),
  (row) => row.conversationId,
);
