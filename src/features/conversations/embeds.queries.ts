import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm';
import { alias, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import {
  type Embedded,
  embeddedField,
  embedRow,
  embedRows,
  type Part,
} from '../../db/query/embed.ts';
import { keyset } from '../../db/query/keyset.ts';
import { pickColumns } from '../../db/query/pickColumns.ts';
import { tenant } from '../../db/query/prepare.ts';
import { apiKeys } from '../../db/tables/apiKeys.ts';
import { conversations } from '../../db/tables/conversations.ts';
import { customers } from '../../db/tables/customers.ts';
import { members } from '../../db/tables/members.ts';
import { messages } from '../../db/tables/messages.ts';
import { keyOf } from '../../graphql/broughtAlong.ts';
import type { Asked, AskedRelation } from '../../graphql/lookAhead.ts';
import type { Page } from '../../lib/pagination.ts';
import { messageColumns, messageOrder } from './messages.queries.ts';

/** What a statement brings along with each of its rows. */
export interface Embeds {
  /** For the statement's select; called when it is built, which is once a shape. */
  select(): Record<string, SQL<unknown>>;
  /** For the placeholders in it. */
  readonly values: Record<string, unknown>;
  /** Part of a prepared statement's identity. */
  readonly shape: string;
}

/** A relation that may be brought along: its permission is there and its arguments are sound. */
export interface Wanted {
  readonly relation: AskedRelation;
  /** Of a to-many relation. */
  readonly page?: Page;
  readonly inner: readonly Wanted[];
}

const assignee = alias(members, 'assignee');
const authorMember = alias(members, 'author_member');
const authorCustomer = alias(customers, 'author_customer');

/** Customer, assignee and pages of messages with their authors, for a statement on conversations. */
export function embedInConversations(wanted: readonly Wanted[]): Embeds {
  const values: Record<string, unknown> = {};
  for (const [index, { page }] of wanted.entries()) {
    if (page === undefined) continue;
    const prefix = prefixOf(index);
    Object.assign(values, keyset(messageOrder, page, prefix).values, {
      [`${prefix}limit`]: page.limit,
    });
  }
  return { values, shape: shapeOf(wanted), select: () => selectOf(wanted) };
}

/** Conversation and author, for a statement on messages. Of the conversation no relations: loaders read these. */
export function embedInMessages(wanted: readonly Wanted[]): Embeds {
  const select = () => {
    const parts = Object.entries(partsOfMessage(wanted));
    return Object.fromEntries(parts.map(([key, part]) => [key, embeddedField(part)]));
  };
  const shape = shapeOf(wanted.map((each) => ({ ...each, inner: [] })));
  return { values: {}, shape, select };
}

/** Keeps the placeholders of several pages apart. */
const prefixOf = (index: number): string => `messages${index}_`;

function selectOf(wanted: readonly Wanted[]): Record<string, SQL<unknown>> {
  const select: Record<string, SQL<unknown>> = {};
  for (const [index, { relation, page, inner }] of wanted.entries()) {
    const { name, asked } = relation;
    if (name === 'customer') {
      const same = eq(customers.id, conversations.customerId);
      const found = { from: customers, where: inTenant(customers, same) };
      select[keyOf(name)] = embeddedField(
        embedRow(columnsOf(customers, asked), conversations.customerId, found),
      );
    } else if (name === 'assignee') {
      const same = eq(assignee.id, conversations.assigneeId);
      const found = { from: sql`${members} as ${assignee}`, where: inTenant(assignee, same) };
      select[keyOf(name)] = embeddedField(
        embedRow(columnsOf(assignee, asked), conversations.assigneeId, found),
      );
    } else if (name === 'messages' && page !== undefined) {
      const prefix = prefixOf(index);
      const keys = keyset(messageOrder, page, prefix);
      const same = eq(messages.conversationId, conversations.id);
      select[keyOf(name, page)] = embeddedField(
        embedRows(messageParts(asked, inner), messages, {
          where: inTenant(messages, same, keys.where),
          orderBy: keys.orderBy,
          limit: sql`${sql.placeholder(`${prefix}limit`)}`,
        }),
      );
    }
  }
  return select;
}

function messageParts(asked: Asked, inner: readonly Wanted[]): Record<string, Part> {
  const columns = pickColumns<Record<string, PgColumn>>(messageColumns, asked.columns, [
    'id',
    'createdAt',
  ]);
  // Back to the conversation it is one look-up for all of its messages.
  const authors = inner.filter(({ relation }) => relation.name !== 'conversation');
  return { ...columns, ...partsOfMessage(authors) };
}

function partsOfMessage(wanted: readonly Wanted[]): Record<string, Embedded> {
  const parts: Record<string, Embedded> = {};
  for (const { relation } of wanted) {
    const { name } = relation;
    if (name === 'conversation') {
      const same = eq(conversations.id, messages.conversationId);
      const found = { from: conversations, where: inTenant(conversations, same) };
      const columns = columnsOf(conversations, relation.asked);
      parts[keyOf(name)] = embedRow(columns, messages.conversationId, found);
    } else if (name === 'member') {
      const same = eq(authorMember.id, messages.authorMemberId);
      const where = inTenant(authorMember, same);
      const found = { from: sql`${members} as ${authorMember}`, where };
      const columns = columnsOf(authorMember, relation.asked);
      parts[keyOf(name)] = embedRow(columns, messages.authorMemberId, found);
    } else if (name === 'customer') {
      const same = eq(authorCustomer.id, messages.authorCustomerId);
      const where = inTenant(authorCustomer, same);
      const found = { from: sql`${customers} as ${authorCustomer}`, where };
      const columns = columnsOf(authorCustomer, relation.asked);
      parts[keyOf(name)] = embedRow(columns, messages.authorCustomerId, found);
    } else if (name === 'apiKey') {
      const same = eq(apiKeys.id, messages.authorApiKeyId);
      const found = { from: apiKeys, where: inTenant(apiKeys, same) };
      const columns = columnsOf(apiKeys, relation.asked);
      parts[keyOf(name)] = embedRow(columns, messages.authorApiKeyId, found);
    }
  }
  return parts;
}

function inTenant(table: { tenantId: PgColumn }, ...conditions: (SQL | undefined)[]): SQL {
  return sql`${and(eq(table.tenantId, tenant), ...conditions)}`;
}

function columnsOf(table: PgTable, { columns }: Asked): Record<string, Part> {
  return pickColumns<Record<string, PgColumn>>(getTableColumns(table), columns, ['id']);
}

function shapeOf(wanted: readonly Wanted[]): string {
  return wanted
    .map(
      ({ relation: { name, asked }, page, inner }) =>
        `${keyOf(name, page)}(${asked.columns ?? '*'};${shapeOf(inner)})`,
    )
    .join();
}
