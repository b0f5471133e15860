import { foreignKey, index, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { app, createdAt, id, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * Domains that a business says are its own. Several may claim one; whoever proves it by a DNS record
 * gets the route (`tenant_routes`), whose primary key lets one business have it.
 */
export const tenantDomains = app.table(
  'tenant_domains',
  {
    tenantId: tenantId(),
    id: id(),
    domain: text('domain').notNull(),
    /** What the TXT record has to say; public as soon as it is set. */
    token: text('token').notNull(),
    createdAt: createdAt(),
    /** When DNS was last seen to say it: the proof that app.route_domain() asks for. */
    provedAt: moment('proved_at'),
    verifiedAt: moment('verified_at'),
  },
  (table) => [
    primaryKey({ name: 'tenant_domains_pkey', columns: [table.tenantId, table.id] }),
    unique('tenant_domains_tenant_id_domain_key').on(table.tenantId, table.domain),
    foreignKey({
      name: 'tenant_domains_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('tenant_domains_tenant_id_created_at_id_idx').on(
      table.tenantId,
      table.createdAt,
      table.id,
    ),
  ],
);
