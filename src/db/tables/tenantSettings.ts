import { foreignKey, integer, jsonb, primaryKey } from 'drizzle-orm/pg-core';
import { app, tenantId, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';

/** One row a tenant; `version` counts its changes, for optimistic concurrency. */
export const tenantSettings = app.table(
  'tenant_settings',
  {
    tenantId: tenantId(),
    version: integer('version').notNull().default(1),
    business: jsonb('business').$type<Record<string, unknown>>().notNull().default({}),
    ai: jsonb('ai').$type<Record<string, unknown>>().notNull().default({}),
    branding: jsonb('branding').$type<Record<string, unknown>>().notNull().default({}),
    custom: jsonb('custom').$type<Record<string, unknown>>().notNull().default({}),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'tenant_settings_pkey', columns: [table.tenantId] }),
    foreignKey({
      name: 'tenant_settings_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
  ],
);
