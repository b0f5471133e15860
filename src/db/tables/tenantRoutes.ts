import { sql } from 'drizzle-orm';
import { check, index, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { app } from './columns.ts';
import { tenants } from './tenants.ts';

export const routeKinds = ['SLUG', 'DOMAIN', 'PHONE_NUMBER_ID', 'API_KEY', 'INVITATION'] as const;
export type RouteKind = (typeof routeKinds)[number];

/**
 * How a request finds its tenant before one is set: slug, domain, WhatsApp phone-number id, or the
 * SHA-256 of an API key or of an invitation's token. Global and small, so on Citus it is a reference table.
 */
export const tenantRoutes = app.table(
  'tenant_routes',
  {
    kind: text('kind', { enum: routeKinds }).notNull(),
    key: text('key').notNull(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
  },
  (table) => [
    primaryKey({ name: 'tenant_routes_pkey', columns: [table.kind, table.key] }),
    index('tenant_routes_tenant_id_idx').on(table.tenantId),
    check(
      'tenant_routes_kind_known',
      sql`${table.kind} in ('SLUG','DOMAIN','PHONE_NUMBER_ID','API_KEY','INVITATION')`,
    ),
  ],
);
