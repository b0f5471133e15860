import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  date,
  foreignKey,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { app, id, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * Units of a meter that a server process has counted in advance, for less than half a second in which it
 * does much of one kind. Each work then counts itself by the lease's id in its audit event, and touches
 * no counter. A row is there until what was used of it is in the ledger and the rest is given back; see
 * sql/functions/quota_leases.sql.
 */
export const quotaLeases = app.table(
  'quota_leases',
  {
    tenantId: tenantId(),
    /** Before the first audit event that may name it, as UUIDv7 are sorted. */
    id: id(),
    meter: text('meter').notNull(),
    period: date('period', { mode: 'string' }).notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    feature: text('feature').notNull(),
    apiKeyId: uuid('api_key_id').notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    /** No audit event after this one names it, so that few have to be looked at. */
    lastEventId: uuid('last_event_id').notNull(),
    /** Nothing that uses it is under way any more. */
    isClosed: boolean('is_closed').notNull().default(false),
    /** After which nothing can be under way, though its process was killed. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'quota_leases_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'quota_leases_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    check('quota_leases_amount_positive', sql`${table.amount} > 0`),
  ],
);
