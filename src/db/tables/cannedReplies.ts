import { foreignKey, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { app, createdAt, id, tenantId, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';

/** A text that members send often; typed as its shortcut. */
export const cannedReplies = app.table(
  'canned_replies',
  {
    tenantId: tenantId(),
    id: id(),
    shortcut: text('shortcut').notNull(),
    body: text('body').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'canned_replies_pkey', columns: [table.tenantId, table.id] }),
    unique('canned_replies_tenant_id_shortcut_key').on(table.tenantId, table.shortcut),
    foreignKey({
      name: 'canned_replies_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
  ],
);
