import { sql } from 'drizzle-orm';
import { bigint, check, date, foreignKey, index, primaryKey, text } from 'drizzle-orm/pg-core';
import { app, tenantId, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * How much of a meter was used, a row a day in UTC; a month is the sum of its days. Meters that
 * measure what is there now (products, members) are counted from their tables instead: a counter
 * beside the rows could only drift from them.
 */
export const usageCounters = app.table(
  'usage_counters',
  {
    tenantId: tenantId(),
    meter: text('meter').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    used: bigint('used', { mode: 'number' }).notNull(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'usage_counters_pkey', columns: [table.tenantId, table.meter, table.day] }),
    foreignKey({
      name: 'usage_counters_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    // A day across tenants.
    index('usage_counters_day_idx').on(table.day),
    check('usage_counters_not_negative', sql`${table.used} >= 0`),
  ],
);
