import { bigint, date, text, uuid } from 'drizzle-orm/pg-core';
import { app, tenantId } from './columns.ts';

/**
 * The days of usageDays with what is used of leases that are not settled yet: a view, made and explained
 * by sql/functions/quota_leases.sql. It is what the series are read from.
 */
export const usageLedger = app
  .view('usage_ledger', {
    tenantId: tenantId(),
    meter: text('meter').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    feature: text('feature').notNull(),
    apiKeyId: uuid('api_key_id').notNull(),
    used: bigint('used', { mode: 'number' }).notNull(),
  })
  .existing();
