import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

const states = ['OPEN', 'SETTLED', 'RELEASED', 'EXPIRED'] as const;

/**
 * What is set aside before its cost is known, such as the tokens of an answer that Claude is about to
 * write. It counts against the limit until it is settled, released or has run out. A row that is over is
 * kept for a day, so that settling it twice is settling it once.
 */
export const usageReservations = app.table(
  'usage_reservations',
  {
    tenantId: tenantId(),
    id: id(),
    meter: text('meter').notNull(),
    /** Of the period and the day on which it was made, also where it is settled on the next. */
    period: date('period', { mode: 'string' }).notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    feature: text('feature').notNull(),
    apiKeyId: uuid('api_key_id').notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    state: text('state', { enum: states }).notNull(),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'usage_reservations_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'usage_reservations_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('usage_reservations_tenant_id_meter_period_idx')
      .on(table.tenantId, table.meter, table.period)
      .where(sql`${table.state} = 'OPEN'`),
    // What the sweep looks for, across tenants.
    index('usage_reservations_expires_at_idx').on(table.expiresAt),
    check('usage_reservations_amount_positive', sql`${table.amount} > 0`),
    check(
      'usage_reservations_state_known',
      sql`${table.state} in ('OPEN','SETTLED','RELEASED','EXPIRED')`,
    ),
  ],
);
