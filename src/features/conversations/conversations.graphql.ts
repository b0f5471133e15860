import { pageRules } from '../../db/query/keyset.ts';
import { broughtAlong } from '../../graphql/broughtAlong.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import {
  BooleanComparator,
  DateTimeComparator,
  enumComparator,
  IdComparator,
  readIdComparator,
  SortDirection,
  StringComparator,
  TextListComparator,
} from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { lookAhead, relation } from '../../graphql/lookAhead.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { CustomerType } from '../customers/customers.graphql.ts';
import { loadCustomer } from '../customers/customers.loaders.ts';
import type { Customer } from '../customers/customers.queries.ts';
import { MemberType } from '../members/members.graphql.ts';
import { loadMember } from '../members/members.loaders.ts';
import type { Member } from '../members/members.queries.ts';
import {
  customerConversationOrder,
  loadConversation,
  loadConversationCount,
  loadConversationPage,
} from './conversations.loaders.ts';
import {
  type Conversation,
  type ConversationFilter,
  conversationCursor,
  conversationOrder,
  countConversations,
  findConversationPage,
} from './conversations.queries.ts';
import { embedsOf } from './embeds.ts';

export const ConversationStatusType = builder.enumType('ConversationStatus', {
  description: 'Who has a conversation now.',
  values: {
    OPEN: { description: 'A person has it, or should take it.' },
    PENDING: { description: 'The assistant has it.' },
    SNOOZED: { description: 'Put off until a moment.' },
    RESOLVED: { description: 'Done.' },
  } as const,
});

export const ConversationPriorityType = builder.enumType('ConversationPriority', {
  description: 'How urgent a conversation is.',
  values: {
    LOW: { description: 'It can wait.' },
    NORMAL: { description: 'In its turn.' },
    HIGH: { description: 'Before the others.' },
    URGENT: { description: 'At once.' },
  } as const,
});

export const ConversationType = builder.node(builder.objectRef<Conversation>('Conversation'), {
  access: 'conversations:read',
  description: 'What a customer and the business say to each other about one matter.',
  id: {
    resolve: (conversation) => conversation.id,
    description: `\`${idExample('Conversation')}\``,
  },
  loadWithoutCache: (id, context) => loadConversation(context, id),
  fields: (t) => ({
    customer: t.field({
      type: CustomerType,
      nullable: true,
      access: 'customers:read',
      description: 'Who it is with.',
      extensions: relation('customerId'),
      resolve: (row, _args, context) =>
        broughtAlong<Customer>(row, 'customer') ?? loadCustomer(context, row.customerId),
    }),
    subject: t.exposeString('subject', { nullable: true, description: 'What it is about.' }),
    status: t.expose('status', { type: ConversationStatusType, description: 'Who has it now.' }),
    priority: t.expose('priority', {
      type: ConversationPriorityType,
      description: 'How urgent it is.',
    }),
    assignee: t.field({
      type: MemberType,
      nullable: true,
      access: 'members:read',
      description: 'The member who looks after it; null: nobody yet.',
      present: ({ assigneeId }: Conversation) => assigneeId !== null,
      extensions: relation('assigneeId'),
      resolve: (row, _args, context) =>
        broughtAlong<Member>(row, 'assignee') ?? loadMember(context, row.assigneeId ?? ''),
    }),
    labels: t.exposeStringList('labels', { description: 'Words to group it by.' }),
    snoozedUntil: t.expose('snoozedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'When to look at it again; null unless SNOOZED.',
    }),
    unreadCount: t.exposeInt('unreadCount', {
      description: 'Messages of the customer that nobody has marked as read or answered.',
    }),
    waitingSince: t.expose('waitingSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when the customer waits for an answer; null: the last word was ours.',
    }),
    lastIntent: t.exposeString('lastIntent', {
      nullable: true,
      description: 'What the customer last wanted, such as "delivery".',
    }),
    lastMessageAt: t.expose('lastMessageAt', {
      type: 'DateTime',
      description: 'When something was last said; internal notes do not count.',
    }),
    lastMessagePreview: t.exposeString('lastMessagePreview', {
      nullable: true,
      description: 'The beginning of what was last said, at most 140 characters.',
    }),
    externalReference: t.exposeString('externalReference', {
      nullable: true,
      description: 'Its id in another system, unique in the business.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it began.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

const ConversationConnection = defineConnection<Conversation>('Conversation', ConversationType);

builder.objectField(CustomerType, 'conversations', (t) =>
  t.field({
    type: ConversationConnection,
    nullable: true,
    access: 'conversations:read',
    description: 'What was said with this customer, the latest first; 10 unless asked otherwise.',
    args: t.arg.connectionArgs(),
    extensions: relation(),
    resolve: async ({ id }, args, context): Promise<CountedConnection<Conversation>> => {
      const page = readPage(args, pageRules(customerConversationOrder, 10));
      const rows = await loadConversationPage(context, id, page);
      const connection = toConnection(rows, page, (row) =>
        makeCursor(customerConversationOrder.sort, conversationCursor('LAST_MESSAGE_AT', row)),
      );
      const countRows = async () => (await loadConversationCount(context, id))?.count ?? 0;
      return { ...connection, countRows };
    },
  }),
);

const ConversationFilterInput = builder.inputType('ConversationFilter', {
  description: 'Which conversations; every condition must hold.',
  fields: (t) => ({
    status: t.field({
      type: enumComparator('ConversationStatus', ConversationStatusType),
      description: 'By who has it.',
    }),
    priority: t.field({
      type: enumComparator('ConversationPriority', ConversationPriorityType),
      description: 'By urgency.',
    }),
    assignee: t.field({ type: IdComparator, description: 'By member; isNull: nobody has it.' }),
    customer: t.field({ type: IdComparator, description: 'By customer.' }),
    labels: t.field({ type: TextListComparator, description: 'By labels.' }),
    unread: t.field({ type: BooleanComparator, description: 'By whether something is unread.' }),
    waitingSince: t.field({
      type: DateTimeComparator,
      description: 'By since when the customer waits; isNull: false for all who wait.',
    }),
    lastIntent: t.field({ type: StringComparator, description: 'By what the customer wanted.' }),
    subject: t.field({ type: StringComparator, description: 'By subject.' }),
    externalReference: t.field({ type: StringComparator, description: 'By external reference.' }),
    lastMessageAt: t.field({ type: DateTimeComparator, description: 'By the last message.' }),
    createdAt: t.field({ type: DateTimeComparator, description: 'By when it began.' }),
  }),
});

const ConversationOrderInput = builder.inputType('ConversationOrder', {
  description: 'How to sort conversations.',
  fields: (t) => ({
    key: t.field({
      required: true,
      description: 'By what.',
      type: builder.enumType('ConversationSortKey', {
        description: 'What conversations can be sorted by.',
        values: {
          LAST_MESSAGE_AT: { description: 'When something was last said.' },
          CREATED_AT: { description: 'When it began.' },
        } as const,
      }),
    }),
    direction: t.field({
      type: SortDirection,
      required: true,
      defaultValue: 'DESC',
      description: 'Which end first.',
    }),
  }),
});

builder.queryField('conversations', (t) =>
  t.field({
    type: ConversationConnection,
    nullable: true,
    access: 'conversations:read',
    description: 'The inbox: where something was said last comes first, unless asked otherwise.',
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: ConversationFilterInput, description: 'Which conversations.' }),
      orderBy: t.arg({ type: ConversationOrderInput, description: 'How to sort them.' }),
    },
    resolve: async (_parent, args, context, info): Promise<CountedConnection<Conversation>> => {
      const { tx } = context;
      const asked = lookAhead(info);
      const filter = readFilterInput(args.filter);
      const sort = args.orderBy ?? { key: 'LAST_MESSAGE_AT', direction: 'DESC' };
      const order = conversationOrder(sort.key, sort.direction === 'DESC');
      const page = readPage(args, pageRules(order, 20));
      const reading = { columns: asked.columns, embeds: embedsOf(asked, context) };
      const [rows, total] = await Promise.all([
        findConversationPage(tx, filter, order, page, reading),
        asked.list.others.has('totalCount') ? countConversations(tx, filter) : undefined,
      ]);
      const connection = toConnection(rows, page, (row) =>
        makeCursor(order.sort, conversationCursor(sort.key, row)),
      );
      return { ...connection, countRows: async () => total ?? countConversations(tx, filter) };
    },
  }),
);

const unfiltered: ConversationFilter = {};

function readFilterInput(
  asked: typeof ConversationFilterInput.$inferInput | null | undefined,
): ConversationFilter {
  if (asked == null) return unfiltered;
  return {
    ...asked,
    assignee: readIdComparator(asked.assignee, 'Member'),
    customer: readIdComparator(asked.customer, 'Customer'),
  };
}

builder.queryField('conversation', (t) =>
  t.field({
    type: ConversationType,
    nullable: true,
    access: 'conversations:read',
    description: 'One conversation by its id; null when there is none that you can see.',
    args: { id: t.arg.globalID({ for: ConversationType, required: true, description: 'Its id.' }) },
    resolve: (_parent, { id }, context) => loadConversation(context, id.id),
  }),
);
