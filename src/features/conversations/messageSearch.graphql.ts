import { pageRules } from '../../db/query/keyset.ts';
import { builder } from '../../graphql/builder.ts';
import {
  DateTimeComparator,
  enumComparator,
  IdComparator,
  readIdComparator,
} from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { type Asked, lookAhead, needs, sameRow } from '../../graphql/lookAhead.ts';
import { once } from '../../lib/once.ts';
import { makeCursor, type Page, readPage, toConnection } from '../../lib/pagination.ts';
import { readPhrase } from '../../lib/searchPhrase.ts';
import { embedsOfMessages } from './embeds.ts';
import { highlight, type TextSegment, wordsOf } from './highlight.ts';
import {
  countMatchingMessages,
  findFirstMessages,
  findMatchingMessages,
  foundOrder,
  type MessageFilter,
  searchMessages,
} from './messageSearch.queries.ts';
import { MessageAuthorKindType, MessageDirectionType, MessageType } from './messages.graphql.ts';
import type { Message } from './messages.queries.ts';

interface MessageMatch {
  message: Message;
  /** What was searched for, as `highlight` takes it. */
  words: readonly string[];
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
      extensions: sameRow,
      resolve: ({ message }) => message,
    }),
    snippet: t.field({
      type: [TextSegmentType],
      description:
        'Up to 200 characters of it around the first word that was found, in pieces to be shown one after the other.',
      extensions: needs('body'),
      resolve: ({ message, words }) => highlight(message.body, words),
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
    resolve: async (_parent, args, context, info): Promise<CountedConnection<MessageMatch>> => {
      const phrase = readPhrase('search', args.search) ?? '';
      const page = readPage(args, pageRules(foundOrder, 20));
      const filter = readFilterInput(args.filter);
      const words = wordsOf(phrase);
      const { rows, countRows } = await readMatches(context, lookAhead(info), phrase, filter, page);
      const found = rows.map((message) => ({ message, words }));
      const connection = toConnection(found, page, ({ message: { createdAt, id } }) =>
        makeCursor(foundOrder.sort, [createdAt, id]),
      );
      return { ...connection, countRows };
    },
  }),
);

interface Matches {
  readonly rows: readonly Message[];
  countRows(): Promise<number | null>;
}

/** What one statement can both search and read is not searched for first, which would cost a round trip. */
async function readMatches(
  context: OperationContext,
  asked: Asked,
  phrase: string,
  filter: MessageFilter | null,
  page: Page,
): Promise<Matches> {
  const { tx } = context;
  const { list } = asked;
  const search = once(() => searchMessages(tx, phrase));
  const count = once(async () => ({
    rows: await countMatchingMessages(tx, await search(), filter),
  }));
  const countRows = async () => (await count()).rows;
  const reading = { columns: asked.columns, embeds: embedsOfMessages(asked, context) };
  const counts = list.others.has('totalCount');
  const isFirst = !page.backwards && page.after === null && page.before === null;
  if (isFirst && filter === null && !counts) {
    return { rows: await findFirstMessages(tx, phrase, page.limit, reading), countRows };
  }
  const matches = await search();
  const [rows] = await Promise.all([
    // Of a search that is only counted no page is read.
    list.page || !counts ? findMatchingMessages(tx, matches, filter, page, reading) : [],
    counts ? count() : undefined,
  ]);
  return { rows, countRows };
}

function readFilterInput(
  asked: typeof MessageSearchFilterInput.$inferInput | null | undefined,
): MessageFilter | null {
  if (asked == null) return null;
  return {
    ...asked,
    conversation: readIdComparator(asked.conversation, 'Conversation'),
    customer: readIdComparator(asked.customer, 'Customer'),
  };
}
