import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  index,
  integer,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId, updatedAt } from './columns.ts';
import { customers } from './customers.ts';
import { members } from './members.ts';
import { tenants } from './tenants.ts';

export const conversationStatuses = ['OPEN', 'PENDING', 'SNOOZED', 'RESOLVED'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];
export const conversationPriorities = ['LOW', 'NORMAL', 'HIGH', 'URGENT'] as const;
export type ConversationPriority = (typeof conversationPriorities)[number];

export const conversations = app.table(
  'conversations',
  {
    tenantId: tenantId(),
    id: id(),
    customerId: uuid('customer_id').notNull(),
    subject: text('subject'),
    /** PENDING: the assistant has it; OPEN: a person does. */
    status: text('status', { enum: conversationStatuses }).notNull().default('OPEN'),
    priority: text('priority', { enum: conversationPriorities }).notNull().default('NORMAL'),
    assigneeId: uuid('assignee_id'),
    labels: text('labels').array().notNull().default([]),
    snoozedUntil: moment('snoozed_until'),
    /** Messages from the customer that nobody has marked as read. */
    unreadCount: integer('unread_count').notNull().default(0),
    /** Since when the customer waits for an answer; null when the last word was ours. */
    waitingSince: moment('waiting_since'),
    lastIntent: text('last_intent'),
    lastMessageAt: moment('last_message_at').notNull().default(sql`now()`),
    lastMessagePreview: text('last_message_preview'),
    externalReference: text('external_reference'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'conversations_pkey', columns: [table.tenantId, table.id] }),
    unique('conversations_tenant_id_external_reference_key').on(
      table.tenantId,
      table.externalReference,
    ),
    foreignKey({
      name: 'conversations_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    foreignKey({
      name: 'conversations_customer_id_fkey',
      columns: [table.tenantId, table.customerId],
      foreignColumns: [customers.tenantId, customers.id],
    }),
    foreignKey({
      name: 'conversations_assignee_id_fkey',
      columns: [table.tenantId, table.assigneeId],
      foreignColumns: [members.tenantId, members.id],
    }),
    index('conversations_tenant_id_last_message_at_id_idx').on(
      table.tenantId,
      table.lastMessageAt,
      table.id,
    ),
    index('conversations_tenant_id_created_at_id_idx').on(
      table.tenantId,
      table.createdAt,
      table.id,
    ),
    index('conversations_tenant_id_status_last_message_at_id_idx').on(
      table.tenantId,
      table.status,
      table.lastMessageAt,
      table.id,
    ),
    index('conversations_tenant_id_assignee_id_last_message_at_id_idx').on(
      table.tenantId,
      table.assigneeId,
      table.lastMessageAt,
      table.id,
    ),
    index('conversations_tenant_id_customer_id_last_message_at_id_idx').on(
      table.tenantId,
      table.customerId,
      table.lastMessageAt,
      table.id,
    ),
    check(
      'conversations_status_known',
      sql`${table.status} in ('OPEN','PENDING','SNOOZED','RESOLVED')`,
    ),
    check(
      'conversations_priority_known',
      sql`${table.priority} in ('LOW','NORMAL','HIGH','URGENT')`,
    ),
    check('conversations_unread_not_negative', sql`${table.unreadCount} >= 0`),
  ],
);
