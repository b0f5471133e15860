import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import {
  type Comparators,
  type FilterField,
  readFilter,
  valueField,
} from '../../db/query/filters.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { pickColumns, sortColumnNames } from '../../db/query/pickColumns.ts';
import { noIndexCondition, noIndexOnlyScan } from '../../db/query/planSteering.ts';
import { prepare, type TemplateDrizzle, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { conversations } from '../../db/tables/conversations.ts';
import { messages } from '../../db/tables/messages.ts';
import type { Page } from '../../lib/pagination.ts';
import type { Reading } from './conversations.queries.ts';
import { type Message, messageColumns, messageOrder } from './messages.queries.ts';

/** Up to 1 000 messages by their ids, as Postgres wrote them; of more, the query to compare with. */
export type MessageMatches =
  | { readonly kind: 'IDS'; readonly ids: string }
  | { readonly kind: 'QUERY'; readonly query: string };

const searchStatement = prepare((db) =>
  db
    .select({ wanted: sql<string | null>`wanted`, ids: sql<string | null>`ids::text` })
    .from(sql`app.search_messages(${sql.placeholder('phrase')})`),
);

/** A phrase without NUL → what it finds in the tenant's messages. See sql/functions/message_search.sql. */
export async function searchMessages(
  tx: TenantTransaction,
  phrase: string,
): Promise<MessageMatches> {
  const [row] = await searchStatement(tx, { phrase });
  if (row === undefined) return { kind: 'IDS', ids: '{}' };
  return row.ids === null
    ? { kind: 'QUERY', query: row.wanted ?? '' }
    : { kind: 'IDS', ids: row.ids };
}

/** Looked up first, for a conversation's messages stand together in an index and a customer's don't. */
const ofCustomer: FilterField = (parameter, operator) => {
  const compared = { eq: sql`= ${parameter}`, in: sql`= any(${parameter})` }[operator];
  if (compared === undefined) return undefined;
  return sql`${messages.conversationId} = any(array(
    select ${conversations.id} from ${conversations}
    where ${eq(conversations.tenantId, tenant)} and ${conversations.customerId} ${compared}))`;
};

const filterFields = {
  conversation: valueField(messages.conversationId),
  customer: ofCustomer,
  direction: valueField(messages.direction),
  author: valueField(sql`case
    when ${messages.authorMemberId} is not null then 'MEMBER'
    when ${messages.authorCustomerId} is not null then 'CUSTOMER'
    when ${messages.authorApiKeyId} is not null then 'API_KEY'
    else 'SYSTEM' end`),
  createdAt: valueField(messages.createdAt),
};

export type MessageFilter = Readonly<Record<string, Comparators | null | undefined>>;

/** The latest first. */
export const foundOrder: Order = { ...messageOrder, sort: 'messageSearch', descending: true };

const firstStatement = prepareShapes<Message[]>();

/**
 * The first `limit` of all that a phrase finds: found and read by one statement, where searching first
 * costs a round trip, and knowing how many there are as much again.
 */
export function findFirstMessages(
  tx: TenantTransaction,
  phrase: string,
  limit: number,
  reading: Reading,
): Promise<Message[]> {
  const statement = firstStatement(shapeOf(reading), (db) => readEach(db, reading, firstFound));
  return statement(tx, { phrase, page: limit, ...reading.embeds.values });
}

const firstFound = sql`app.search_messages(${sql.placeholder('phrase')}, ${sql.placeholder('page')}) as search,
  unnest(search.page_ids) with ordinality as matched(id, place)`;

const isOwn = (id: SQL): SQL | undefined =>
  and(eq(messages.tenantId, tenant), sql`${messages.id} = ${id}`, noIndexOnlyScan(messages));

/**
 * What `found` calls `matched`, by its ids and in the order of its places. Each is looked up by itself:
 * where most tenants have few messages, Postgres would join by reading all of the tenant's.
 */
function readEach(db: TemplateDrizzle, reading: Reading, found: SQL) {
  const row = db
    .select(fieldsOf(reading))
    .from(messages)
    .where(isOwn(sql`matched.id`))
    .limit(1)
    .as('message');
  return db
    .select(row._.selectedFields)
    .from(found)
    .crossJoinLateral(row)
    .orderBy(sql`matched.place`);
}

const pageStatement = prepareShapes<Message[]>();

/** One page in reading direction, `page.limit` rows at most. */
export function findMatchingMessages(
  tx: TenantTransaction,
  matches: MessageMatches,
  asked: MessageFilter | null,
  page: Page,
  reading: Reading,
): Promise<Message[]> {
  const filter = readFilter(asked, filterFields);
  const keys = keyset(foundOrder, page);
  const limit = sql.placeholder('limit');
  const shape = `${matches.kind}|${filter.shape}|${keys.shape}|${shapeOf(reading)}`;
  const statement = pageStatement(shape, (db) => {
    if (matches.kind === 'QUERY') {
      return db
        .select(fieldsOf(reading))
        .from(messages)
        .where(and(eq(messages.tenantId, tenant), fitsQuery, ...filter.conditions, keys.where))
        .orderBy(...keys.orderBy)
        .limit(limit);
    }
    const conditions = [...filter.conditions, noIndexCondition(keys.where)];
    const direction = sql.raw(keys.down ? 'desc' : 'asc');
    const place = sql`row_number() over (order by fit.created_at ${direction}, fit.id ${direction}) as place`;
    const first = sql`select fit.id, ${place} from ${fitting(db, conditions)} order by place limit ${limit}`;
    return readEach(db, reading, sql`(${first}) as matched`);
  });
  return statement(tx, {
    ...filter.values,
    ...keys.values,
    ...valuesOf(matches),
    ...reading.embeds.values,
    limit: page.limit,
  });
}

const shapeOf = ({ columns, embeds }: Reading): string => `${columns ?? '*'}|${embeds.shape}`;

function fieldsOf({ columns, embeds }: Reading) {
  const embedded = Object.entries(embeds.select()).map(([key, field]) => [key, field.as(key)]);
  return {
    ...pickColumns(messageColumns, columns, sortColumnNames(messageColumns, foundOrder)),
    ...(Object.fromEntries(embedded) as Record<string, SQL.Aliased<unknown>>),
  };
}

const countStatement = prepareShapes<{ count: number }[]>();

/** null: too many to count. */
export async function countMatchingMessages(
  tx: TenantTransaction,
  matches: MessageMatches,
  asked: MessageFilter | null,
): Promise<number | null> {
  if (matches.kind === 'QUERY') return null;
  const filter = readFilter(asked, filterFields);
  const statement = countStatement(filter.shape, (db) =>
    db.select({ count: sql<number>`count(*)::int` }).from(fitting(db, filter.conditions)),
  );
  return (await statement(tx, { ...filter.values, ...valuesOf(matches) }))[0]?.count ?? 0;
}

/** Not @@: see matchCondition of products. */
const fitsQuery = sql`ts_match_vq(${messages.searchVector}, ${sql.placeholder('matched')}::tsquery)::int <> 0`;

/** As `fit`: which of the ids are messages that pass, each looked up by itself, as `id = any(…)` is not. */
function fitting(db: TemplateDrizzle, conditions: readonly (SQL | undefined)[]): SQL {
  const { id, createdAt } = messages;
  const row = db
    .select({ id, createdAt })
    .from(messages)
    .where(and(isOwn(sql`given.id`), ...conditions))
    .limit(1);
  return sql`unnest(${sql.placeholder('matched')}::uuid[]) as given(id) cross join lateral ${row} as fit`;
}

const valuesOf = (matches: MessageMatches): Record<string, string> => ({
  matched: matches.kind === 'IDS' ? matches.ids : matches.query,
});
