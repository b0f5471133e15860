import { and, eq, getTableColumns, ne, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import {
  type Comparators,
  type FilterField,
  indexedTextField,
  indexedValueField,
  listField,
  readFilter,
  textField,
  valueField,
} from '../../db/query/filters.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { pickColumns, sortColumnNames } from '../../db/query/pickColumns.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareInsert } from '../../db/query/prepareInsert.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { conversations } from '../../db/tables/conversations.ts';
import type { Page } from '../../lib/pagination.ts';
import type { Embeds } from './embeds.queries.ts';

export type {
  ConversationPriority,
  ConversationStatus,
} from '../../db/tables/conversations.ts';

export type Conversation = typeof conversations.$inferSelect;
export type NewConversation = typeof conversations.$inferInsert;
export type ConversationFilter = Readonly<Record<string, Comparators | null | undefined>>;
export type ConversationSort = 'LAST_MESSAGE_AT' | 'CREATED_AT';

const all = getTableColumns(conversations);

const isUnread: FilterField = (parameter, operator) =>
  operator === 'eq' ? sql`(${conversations.unreadCount} > 0) = ${parameter}::boolean` : undefined;

const filterFields = {
  status: indexedValueField(conversations.status),
  priority: valueField(conversations.priority),
  assignee: indexedValueField(conversations.assigneeId),
  customer: indexedValueField(conversations.customerId),
  labels: listField(conversations.labels),
  lastIntent: textField(conversations.lastIntent),
  subject: textField(conversations.subject),
  externalReference: indexedTextField(conversations.externalReference),
  unread: isUnread,
  waitingSince: valueField(conversations.waitingSince),
  lastMessageAt: indexedValueField(conversations.lastMessageAt),
  createdAt: indexedValueField(conversations.createdAt),
};

const id = { sql: conversations.id, kind: 'uuid' } as const;
const sortColumns: Record<ConversationSort, Order['columns']> = {
  LAST_MESSAGE_AT: [{ sql: conversations.lastMessageAt, kind: 'time' }, id],
  CREATED_AT: [{ sql: conversations.createdAt, kind: 'time' }, id],
};

export function conversationOrder(sort: ConversationSort, descending: boolean): Order {
  return { sort: `conversations.${sort}`, columns: sortColumns[sort], descending };
}

export function conversationCursor(sort: ConversationSort, conversation: Conversation): string[] {
  const moment = sort === 'LAST_MESSAGE_AT' ? conversation.lastMessageAt : conversation.createdAt;
  return [moment, conversation.id];
}

/** What a statement reads of each of its rows, and what it brings along with them. */
export interface Reading {
  /** null: all. */
  readonly columns: readonly string[] | null;
  readonly embeds: Embeds;
}

const pageStatement = prepareShapes<Conversation[]>();
const lightPageStatement = prepareShapes<Conversation[]>({ light: true });

/** One page in reading direction, `page.limit` rows at most. */
export function findConversationPage(
  tx: TenantTransaction,
  asked: ConversationFilter,
  order: Order,
  page: Page,
  { columns, embeds }: Reading,
): Promise<Conversation[]> {
  const filter = readFilter(asked, filterFields);
  const keys = keyset(order, page);
  const shape = `${filter.shape}|${keys.shape}|${columns ?? '*'}|${embeds.shape}`;
  const isLight = filter.shape === '' && embeds.shape === '';
  const statement = (isLight ? lightPageStatement : pageStatement)(shape, (db) =>
    db
      .select({
        ...pickColumns(all, columns, sortColumnNames(all, order)),
        ...embeds.select(),
      })
      .from(conversations)
      .where(and(eq(conversations.tenantId, tenant), ...filter.conditions, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, {
    ...filter.values,
    ...keys.values,
    ...embeds.values,
    limit: page.limit,
  });
}

const countStatement = prepareShapes<{ count: number }[]>();

export async function countConversations(
  tx: TenantTransaction,
  asked: ConversationFilter,
): Promise<number> {
  const filter = readFilter(asked, filterFields);
  const statement = countStatement(filter.shape, (db) =>
    db
      .select({ count: sql<number>`count(*)::int` })
      .from(conversations)
      .where(and(eq(conversations.tenantId, tenant), ...filter.conditions)),
  );
  return (await statement(tx, filter.values))[0]?.count ?? 0;
}

const customerPages = prepareShapes<Conversation[]>();

/** The same page of each customer's conversations: a look into an index a customer, in one statement. */
export function findConversationPagesOfCustomers(
  tx: TenantTransaction,
  customerIds: readonly string[],
  order: Order,
  page: Page,
): Promise<Conversation[]> {
  const keys = keyset(order, page);
  const statement = customerPages(keys.shape, (db) => {
    const rows = db
      .select(all)
      .from(conversations)
      .where(
        and(
          eq(conversations.tenantId, tenant),
          sql`${conversations.customerId} = parent.id`,
          keys.where,
        ),
      )
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit'))
      .as('page');
    return db
      .select(rows._.selectedFields)
      .from(sql`unnest(${sql.placeholder('customerIds')}::uuid[]) as parent(id)`)
      .crossJoinLateral(rows);
  });
  return statement(tx, { ...keys.values, customerIds, limit: page.limit });
}

/** A row a customer who has any. */
export const countConversationsOfCustomers = prepare((db) =>
  db
    .select({ customerId: conversations.customerId, count: sql<number>`count(*)::int` })
    .from(conversations)
    .where(
      and(
        eq(conversations.tenantId, tenant),
        sql`${conversations.customerId} = any(${sql.placeholder('customerIds')})`,
      ),
    )
    .groupBy(conversations.customerId),
);

export const findConversationsByIds = prepareByKeys<Conversation>(
  conversations,
  all,
  conversations.id,
  'ids',
  [],
);

/** Reads a conversation and holds it until COMMIT, so that two changes do not lose each other's. */
export const lockConversation = prepare((db) =>
  db
    .select()
    .from(conversations)
    .where(and(eq(conversations.tenantId, tenant), eq(conversations.id, sql.placeholder('id'))))
    .for('update'),
);

export const insertConversation = prepareInsert(conversations, all);

export async function updateConversation(
  tx: TenantTransaction,
  id: string,
  changes: Partial<NewConversation>,
): Promise<Conversation | undefined> {
  const rows = await tx.db
    .update(conversations)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(and(eq(conversations.tenantId, tx.tenantId), eq(conversations.id, id)))
    .returning();
  return rows[0];
}

/**
 * What our answer does to a conversation: the customer no longer waits, what they wrote is read, and
 * a person has it now. clock_timestamp(), not now(): the row is locked here, so the last to get the
 * lock has the last time, whenever its transaction began.
 */
/** Nobody has them any more; the ones that are resolved keep who did it. */
export const unassignConversations = prepare((db) =>
  db
    .update(conversations)
    .set({ assigneeId: null, updatedAt: sql`now()` })
    .where(
      and(
        eq(conversations.tenantId, tenant),
        eq(conversations.assigneeId, sql.placeholder('memberId')),
        ne(conversations.status, 'RESOLVED'),
      ),
    )
    .returning({ id: conversations.id }),
);

export const noteReply = prepare((db) =>
  db
    .update(conversations)
    .set({
      lastMessageAt: sql`clock_timestamp()`,
      lastMessagePreview: sql`${sql.placeholder('preview')}`,
      waitingSince: null,
      unreadCount: 0,
      status: sql`case when ${conversations.status} = 'PENDING' then 'OPEN' else ${conversations.status} end`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(conversations.tenantId, tenant), eq(conversations.id, sql.placeholder('id'))))
    .returning(),
);

/** An internal note changes nothing for the customer; taking the row keeps messages in order. */
export const noteRemark = prepare((db) =>
  db
    .update(conversations)
    .set({ updatedAt: sql`now()` })
    .where(and(eq(conversations.tenantId, tenant), eq(conversations.id, sql.placeholder('id'))))
    .returning(),
);
