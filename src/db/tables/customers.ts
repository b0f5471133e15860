import { sql } from 'drizzle-orm';
import { check, foreignKey, index, jsonb, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { app, createdAt, id, tenantId, updatedAt } from './columns.ts';
import { tenants } from './tenants.ts';

/** Somebody who writes to the business; known by phone number, which two tenants may share. */
export const customers = app.table(
  'customers',
  {
    tenantId: tenantId(),
    id: id(),
    phone: text('phone').notNull(),
    name: text('name'),
    email: text('email'),
    locale: text('locale'),
    labels: text('labels').array().notNull().default([]),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    externalReference: text('external_reference'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    primaryKey({ name: 'customers_pkey', columns: [table.tenantId, table.id] }),
    unique('customers_tenant_id_phone_key').on(table.tenantId, table.phone),
    unique('customers_tenant_id_external_reference_key').on(
      table.tenantId,
      table.externalReference,
    ),
    foreignKey({
      name: 'customers_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('customers_tenant_id_created_at_id_idx').on(table.tenantId, table.createdAt, table.id),
    check('customers_phone_e164', sql`${table.phone} ~ '^\\+[1-9][0-9]{6,14}$'`),
  ],
);
