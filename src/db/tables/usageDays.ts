import {
  bigint,
  date,
  foreignKey,
  index,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { app, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * What was used on each day in UTC, through which root field and with which API key: the ledger that
 * the series are read from, and whose sum is the counter. It is counted up in the statement that counts
 * the slot, in a row of that slot, which nobody else holds. A row for each event would have to be
 * scanned for every chart; a month of messages is up to 16 rows a day here, mostly one or two.
 */
export const usageDays = app.table(
  'usage_days',
  {
    tenantId: tenantId(),
    meter: text('meter').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    /** Which part of the counter was held; the rows of a day are added up. */
    slot: smallint('slot').notNull(),
    /** The root field, or what else used it: `messageSend`. */
    feature: text('feature').notNull(),
    /** Nil (all zeros) for people. No foreign key: the series outlives the key. */
    apiKeyId: uuid('api_key_id').notNull(),
    used: bigint('used', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({
      name: 'usage_days_pkey',
      columns: [table.tenantId, table.meter, table.day, table.slot, table.feature, table.apiKeyId],
    }),
    foreignKey({
      name: 'usage_days_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    // A day across tenants. Counting up changes no key, so that it costs nothing then.
    index('usage_days_day_idx').on(table.day),
  ],
);
