import { sql } from 'drizzle-orm';
import { bigint, check, date, foreignKey, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { app, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * How much of a meter is used in a period, in up to 16 parts, so that transactions of one tenant count
 * side by side: each takes a part that nobody holds. A part may go up to its `share`; the shares
 * together stay below the limit (`basis`) that they were cut from, so no part has to look at another.
 * One row, or a counter in memory: the former lets a tenant's writes wait for each other's COMMIT, the
 * latter is lost in a crash. Written by sql/functions/usage.sql alone, which says how.
 */
export const usageSlots = app.table(
  'usage_slots',
  {
    tenantId: tenantId(),
    meter: text('meter').notNull(),
    /** Its first day, in UTC; 1970-01-01 for what has no period. */
    period: date('period', { mode: 'string' }).notNull(),
    slot: smallint('slot').notNull(),
    /** May be negative where more was given back than this part had taken; the sum is what counts. */
    used: bigint('used', { mode: 'number' }).notNull(),
    share: bigint('share', { mode: 'number' }).notNull(),
    basis: bigint('basis', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({
      name: 'usage_slots_pkey',
      columns: [table.tenantId, table.meter, table.period, table.slot],
    }),
    foreignKey({
      name: 'usage_slots_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    check('usage_slots_slot_known', sql`${table.slot} between 0 and 15`),
  ],
);
