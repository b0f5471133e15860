import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { messages } from '../../db/tables/messages.ts';
import type { Page } from '../../lib/pagination.ts';

const { searchVector: _searchVector, ...columns } = getTableColumns(messages);
export const messageColumns = columns;

/** What is read of a message: everything but the column that only search compares. */
export type Message = Omit<typeof messages.$inferSelect, 'searchVector'>;

/** As they were written. */
export const messageOrder: Order = {
  sort: 'messages',
  columns: [
    { sql: messages.createdAt, kind: 'time' },
    { sql: messages.id, kind: 'uuid' },
  ],
  descending: false,
};

const pageStatement = prepareShapes<Message[]>();

/**
 * The same page of each conversation's messages, in one statement: the lateral join looks into the
 * index once a conversation and takes `limit` rows, where `row_number() over (…)` would read them all.
 */
export function findMessagePages(
  tx: TenantTransaction,
  conversationIds: readonly string[],
  page: Page,
): Promise<Message[]> {
  const keys = keyset(messageOrder, page);
  const statement = pageStatement(keys.shape, (db) => {
    const rows = db
      .select(columns)
      .from(messages)
      .where(
        and(eq(messages.tenantId, tenant), sql`${messages.conversationId} = parent.id`, keys.where),
      )
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit'))
      .as('page');
    return db
      .select(rows._.selectedFields)
      .from(sql`unnest(${sql.placeholder('conversationIds')}::uuid[]) as parent(id)`)
      .crossJoinLateral(rows);
  });
  return statement(tx, { ...keys.values, conversationIds, limit: page.limit });
}

/** A row a conversation that has any. */
export const countMessages = prepare((db) =>
  db
    .select({ conversationId: messages.conversationId, count: sql<number>`count(*)::int` })
    .from(messages)
    .where(
      and(
        eq(messages.tenantId, tenant),
        sql`${messages.conversationId} = any(${sql.placeholder('conversationIds')})`,
      ),
    )
    .groupBy(messages.conversationId),
);

export const findMessagesByIds = prepareByKeys<Message>(messages, columns, messages.id, 'ids');

/** Run it after the conversation's row was taken: then messages stand in the order of their times. */
export const insertMessage = prepare((db) =>
  db
    .insert(messages)
    .values({
      tenantId: tenant,
      id: sql.placeholder('id'),
      conversationId: sql.placeholder('conversationId'),
      direction: sql.placeholder('direction'),
      body: sql.placeholder('body'),
      authorMemberId: sql.placeholder('authorMemberId'),
      authorApiKeyId: sql.placeholder('authorApiKeyId'),
      externalReference: sql.placeholder('externalReference'),
      createdAt: sql`clock_timestamp()`,
    })
    .returning(columns),
);
