import { sql } from 'drizzle-orm';
import { check, foreignKey, index, primaryKey, text } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * A key that a client chose for a mutation, with what was answered. Written in the transaction of the
 * work, so that there is a row if and only if the work was committed.
 */
export const idempotencyKeys = app.table(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    key: text('key').notNull(),
    /** `USER:` or `API_KEY:` and the id. */
    caller: text('caller').notNull(),
    /** SHA-256 of what the caller was allowed to do, and of the plan. */
    rights: text('rights').notNull(),
    /** SHA-256 of document, operation and variables. */
    input: text('input').notNull(),
    /** `data` as JSON, to the byte; jsonb would sort its fields. Null only before the COMMIT. */
    answer: text('answer'),
    createdAt: createdAt(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'idempotency_keys_pkey', columns: [table.tenantId, table.key] }),
    foreignKey({
      name: 'idempotency_keys_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    // What is swept, across tenants.
    index('idempotency_keys_expires_at_idx').on(table.expiresAt),
    check('idempotency_keys_key_short', sql`length(${table.key}) between 1 and 255`),
  ],
);
