import { sql } from 'drizzle-orm';
import { check, foreignKey, index, jsonb, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { app, createdAt, id, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

const kinds = ['USAGE_WARNING'] as const;

/**
 * What a business is told, written in the transaction of what it is about. It never changes, and who
 * has read it is in `notification_reads`. Webhooks and mails will be made of the same rows.
 */
export const notifications = app.table(
  'notifications',
  {
    tenantId: tenantId(),
    id: id(),
    kind: text('kind', { enum: kinds }).notNull(),
    /** What makes it this one and no other: a second of the same key is none. */
    key: text('key').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'notifications_pkey', columns: [table.tenantId, table.id] }),
    unique('notifications_tenant_id_key_key').on(table.tenantId, table.key),
    foreignKey({
      name: 'notifications_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('notifications_tenant_id_created_at_id_idx').on(
      table.tenantId,
      table.createdAt,
      table.id,
    ),
    check('notifications_kind_known', sql`${table.kind} in ('USAGE_WARNING')`),
  ],
);
