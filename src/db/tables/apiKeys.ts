import { foreignKey, index, integer, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/** A key belongs to the tenant, not to a person. Only its SHA-256 is kept; `prefix` is for people. */
export const apiKeys = app.table(
  'api_keys',
  {
    tenantId: tenantId(),
    id: id(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    secretHash: text('secret_hash').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: createdAt(),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    /** Written after the answer and once a minute at most; see src/app/recordKeyUse.ts. */
    lastUsedAt: moment('last_used_at'),
    /** The key that takes over; this one runs out at `expiresAt`. */
    rotatedToId: uuid('rotated_to_id'),
    /** What it may spend of its tenant's budget; null: the usual part. */
    costPerMinute: integer('cost_per_minute'),
  },
  (table) => [
    primaryKey({ name: 'api_keys_pkey', columns: [table.tenantId, table.id] }),
    unique('api_keys_tenant_id_secret_hash_key').on(table.tenantId, table.secretHash),
    foreignKey({
      name: 'api_keys_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    foreignKey({
      name: 'api_keys_rotated_to_id_fkey',
      columns: [table.tenantId, table.rotatedToId],
      foreignColumns: [table.tenantId, table.id],
    }),
    index('api_keys_tenant_id_created_at_id_idx').on(table.tenantId, table.createdAt, table.id),
  ],
);
