import { bigint, foreignKey, jsonb, primaryKey, text } from 'drizzle-orm/pg-core';
import { app, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * What is left of a limit in the window that is running, a row for each limit that a tenant has met:
 * budgets, limits of fields, requests of the day. Unlogged (sql/policies), so that nobody waits for a
 * disk before an operation may begin: after a crash of Postgres the window begins anew, and the
 * requests of the day are read from usage_counters, which is logged.
 */
export const creditWindows = app.table(
  'credit_windows',
  {
    tenantId: tenantId(),
    bucket: text('bucket').notNull(),
    startsAt: moment('starts_at').notNull(),
    endsAt: moment('ends_at').notNull(),
    /** Spent for good. */
    taken: bigint('taken', { mode: 'number' }).notNull(),
    /** Server process → [what it may still spend, until when in ms since 1970, spent and not yet counted]. */
    holds: jsonb('holds').$type<Record<string, readonly [number, number, number]>>().notNull(),
  },
  (table) => [
    primaryKey({ name: 'credit_windows_pkey', columns: [table.tenantId, table.bucket] }),
    foreignKey({
      name: 'credit_windows_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
  ],
);
