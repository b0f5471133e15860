import { foreignKey, index, primaryKey } from 'drizzle-orm/pg-core';
import { activityColumns } from './activityColumns.ts';
import { app, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * What a business asked of the server, a row an hour in UTC, counted up once a second in the transaction
 * that counts its requests. The hour is that transaction's, by the database's clock: so what was an hour
 * ago changes no more, and can be added up once and for all (platform_hours). Kept for 90 days.
 */
export const activityHours = app.table(
  'activity_hours',
  {
    tenantId: tenantId(),
    hour: moment('hour').notNull(),
    ...activityColumns(),
    lastAt: moment('last_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'activity_hours_pkey', columns: [table.tenantId, table.hour] }),
    foreignKey({
      name: 'activity_hours_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    // An hour across tenants, and what the sweep looks for.
    index('activity_hours_hour_idx').on(table.hour),
  ],
);
