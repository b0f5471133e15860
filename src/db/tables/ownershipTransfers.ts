import { sql } from 'drizzle-orm';
import { foreignKey, index, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId } from './columns.ts';
import { members } from './members.ts';
import { tenants } from './tenants.ts';

/** An owner's offer to hand the business over; one is open at a time, for whoever offers holds the business's row. */
export const ownershipTransfers = app.table(
  'ownership_transfers',
  {
    tenantId: tenantId(),
    id: id(),
    fromId: uuid('from_id').notNull(),
    toId: uuid('to_id').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** Accepted, cancelled, or run out and followed by another; null: it may still be accepted. */
    closedAt: moment('closed_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'ownership_transfers_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'ownership_transfers_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    foreignKey({
      name: 'ownership_transfers_from_id_fkey',
      columns: [table.tenantId, table.fromId],
      foreignColumns: [members.tenantId, members.id],
    }),
    foreignKey({
      name: 'ownership_transfers_to_id_fkey',
      columns: [table.tenantId, table.toId],
      foreignColumns: [members.tenantId, members.id],
    }),
    // The open one, asked for with every list of members.
    index('ownership_transfers_open_idx')
      .on(table.tenantId, table.expiresAt)
      .where(sql`${table.closedAt} is null`),
    index('ownership_transfers_tenant_id_from_id_idx').on(table.tenantId, table.fromId),
    index('ownership_transfers_tenant_id_to_id_idx').on(table.tenantId, table.toId),
  ],
);
