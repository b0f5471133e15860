import { type SQL, sql } from 'drizzle-orm';
import { check, foreignKey, index, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { apiKeys } from './apiKeys.ts';
import { app, createdAt, id, pendingEntries, tenantId, tsvector } from './columns.ts';
import { conversations } from './conversations.ts';
import { customers } from './customers.ts';
import { members } from './members.ts';

export const messageDirections = ['INBOUND', 'OUTBOUND', 'INTERNAL'] as const;
export type MessageDirection = (typeof messageDirections)[number];

/**
 * What was said. INTERNAL is a note that the customer never sees. The author is one of three
 * columns rather than a (type, id) pair, so that each is held by a foreign key with the tenant in it;
 * none of them: the system itself.
 */
export const messages = app.table(
  'messages',
  {
    tenantId: tenantId(),
    id: id(),
    conversationId: uuid('conversation_id').notNull(),
    direction: text('direction', { enum: messageDirections }).notNull(),
    body: text('body').notNull(),
    authorMemberId: uuid('author_member_id'),
    authorCustomerId: uuid('author_customer_id'),
    authorApiKeyId: uuid('author_api_key_id'),
    externalReference: text('external_reference'),
    createdAt: createdAt(),
    searchVector: tsvector('search_vector').generatedAlwaysAs(
      (): SQL => sql`app.message_search_vector(body)`,
    ),
  },
  (table) => [
    primaryKey({ name: 'messages_pkey', columns: [table.tenantId, table.id] }),
    unique('messages_tenant_id_external_reference_key').on(table.tenantId, table.externalReference),
    foreignKey({
      name: 'messages_conversation_id_fkey',
      columns: [table.tenantId, table.conversationId],
      foreignColumns: [conversations.tenantId, conversations.id],
    }),
    foreignKey({
      name: 'messages_author_member_id_fkey',
      columns: [table.tenantId, table.authorMemberId],
      foreignColumns: [members.tenantId, members.id],
    }),
    foreignKey({
      name: 'messages_author_customer_id_fkey',
      columns: [table.tenantId, table.authorCustomerId],
      foreignColumns: [customers.tenantId, customers.id],
    }),
    foreignKey({
      name: 'messages_author_api_key_id_fkey',
      columns: [table.tenantId, table.authorApiKeyId],
      foreignColumns: [apiKeys.tenantId, apiKeys.id],
    }),
    index('messages_tenant_id_conversation_id_created_at_id_idx').on(
      table.tenantId,
      table.conversationId,
      table.createdAt,
      table.id,
    ),
    index('messages_tenant_id_created_at_id_idx').on(table.tenantId, table.createdAt, table.id),
    // Each tenant's words are its own: a search reads its own tenant's entries only.
    index('messages_search_vector_idx')
      .using('gin', sql`app.tenant_words(${table.tenantId}, ${table.searchVector})`)
      .with(pendingEntries),
    check('messages_direction_known', sql`${table.direction} in ('INBOUND','OUTBOUND','INTERNAL')`),
    check(
      'messages_one_author_at_most',
      sql`num_nonnulls(${table.authorMemberId}, ${table.authorCustomerId}, ${table.authorApiKeyId}) <= 1`,
    ),
  ],
);
