import { pageRules } from '../../db/keyset.ts';
import { builder } from '../../graphql/builder.ts';
import {
  DateTimeComparator,
  enumComparator,
  IdComparator,
  readIdComparator,
} from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { lookAhead } from '../../graphql/lookAhead.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { readPhrase } from '../../lib/searchPhrase.ts';
import { highlight, type TextSegment } from './highlight.ts';
import {
  countMatchingMessages,
  findMatchingMessages,
  foundOrder,
  type MessageFilter,
  type MessageMatches,
  searchMessages,
} from './messageSearch.queries.ts';
import { MessageAuthorKindType, MessageDirectionType, MessageType } from './messages.graphql.ts';
import type { Message } from './messages.queries.ts';

interface MessageMatch {
  message: Message;
  phrase: string;
}

const TextSegmentType = builder.objectRef<TextSegment>('TextSegment').implement({
  description: 'A piece of a text. It is plain text: escape it as any other.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The piece as it stands in the text.' }),
    match: t.exposeBoolean('match', { description: 'Whether it is what was searched for.' }),
  }),
});

const MessageMatchType = builder.objectRef<MessageMatch>('MessageMatch').implement({
  description: 'A message that a search found.',
  fields: (t) => ({
    message: t.field({
      type: MessageType,
      cost: { complexity: 0 },
      description: 'The message; its conversation is a field of it.',
      resolve: ({ message }) => message,
    }),
    snippet: t.field({
      type: [TextSegmentType],
      description:
        'Up to 200 characters of it around the first word that was found, in pieces to be shown one after the other.',
      resolve: ({ message, phrase }) => highlight(message.body, phrase),
    }),
  }),
});

const MessageMatchConnection = defineConnection<MessageMatch>('MessageMatch', MessageMatchType);

const MessageSearchFilterInput = builder.inputType('MessageSearchFilter', {
  description: 'Among which messages to search; every condition must hold.',
  fields: (t) => ({
    conversation: t.field({ type: IdComparator, description: 'By conversation.' }),
    customer: t.field({ type: IdComparator, description: 'By whom the conversation is with.' }),
    direction: t.field({
      type: enumComparator('MessageDirection', MessageDirectionType),
      description: 'By which way they go, such as without internal notes.',
    }),
    author: t.field({
      type: enumComparator('MessageAuthorKind', MessageAuthorKindType),
      description: 'By what kind of author they have.',
    }),
    createdAt: t.field({ type: DateTimeComparator, description: 'By when they were written.' }),
  }),
});

builder.queryField('messageSearch', (t) =>
  t.field({
    type: MessageMatchConnection,
    nullable: true,
    access: 'conversations:read',
    cost: { complexity: 55 },
    description:
      'Messages and internal notes with all of these words, the latest first. `totalCount` is null when more than about 1,000 have them.',
    args: {
      ...t.arg.connectionArgs(),
      search: t.arg.string({
        required: true,
        description:
          'Words or beginnings of words, up to 200 characters; case and accents do not matter. A text without letters or digits finds nothing.',
      }),
      filter: t.arg({ type: MessageSearchFilterInput, description: 'Among which messages.' }),
    },
    resolve: async (_parent, args, { tx }, info): Promise<CountedConnection<MessageMatch>> => {
      const phrase = readPhrase('search', args.search) ?? '';
      const page = readPage(args, pageRules(foundOrder, 20));
      const filter = readFilterInput(args.filter);
      const matches: MessageMatches =
        phrase === '' ? { kind: 'IDS', ids: '{}' } : await searchMessages(tx, phrase);
      const [rows, total] = await Promise.all([
        findMatchingMessages(tx, matches, filter, page),
        lookAhead(info).list.others.has('totalCount')
          ? countMatchingMessages(tx, matches, filter)
          : undefined,
      ]);
      const found = rows.map((message) => ({ message, phrase }));
      const connection = toConnection(found, page, ({ message: { createdAt, id } }) =>
        makeCursor(foundOrder.sort, [createdAt, id]),
      );
      const countRows = async () =>
        total === undefined ? countMatchingMessages(tx, matches, filter) : total;
      return { ...connection, countRows };
    },
  }),
);

function readFilterInput(
  asked: typeof MessageSearchFilterInput.$inferInput | null | undefined,
): MessageFilter {
  return {
    ...asked,
    conversation: readIdComparator(asked?.conversation, 'Conversation'),
    customer: readIdComparator(asked?.customer, 'Customer'),
  };
}
