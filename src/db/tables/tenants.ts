import { sql } from 'drizzle-orm';
import { check, index, jsonb, text, unique, uuid } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, updatedAt } from './columns.ts';
import { plans } from './plans.ts';

export const tenantStatuses = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'DELETING'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

export const tenants = app.table(
  'tenants',
  {
    id: uuid('id').primaryKey(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    description: text('description'),
    domain: text('domain'),
    status: text('status', { enum: tenantStatuses }).notNull().default('TRIAL'),
    plan: text('plan')
      .notNull()
      .references(() => plans.code),
    metadata: jsonb('metadata').$type<Record<string, unknown>>().notNull().default({}),
    /** What to return to. Two columns: a business that is suspended can be deleted, and restored as suspended. */
    statusBeforeSuspension: text('status_before_suspension', { enum: tenantStatuses }),
    statusBeforeDeletion: text('status_before_deletion', { enum: tenantStatuses }),
    deletionRequestedAt: moment('deletion_requested_at'),
    /** From then on its rows may be removed for good; set by a deletion, null after a restoration. */
    purgeAt: moment('purge_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('tenants_slug_key').on(table.slug),
    unique('tenants_domain_key').on(table.domain),
    check('tenants_slug_shape', sql`${table.slug} ~ '^[a-z0-9](-?[a-z0-9])*$'`),
    check(
      'tenants_status_known',
      sql`${table.status} in ('TRIAL','ACTIVE','SUSPENDED','DELETING')`,
    ),
    index('tenants_created_at_id_idx').on(table.createdAt, table.id),
    // What operators search: part of a name, a slug or a domain, among all tenants.
    index('tenants_search_idx').using(
      'gin',
      sql`app.fold(${table.name} || ' ' || ${table.slug} || ' ' || coalesce(${table.domain}, '')) gin_trgm_ops`,
    ),
    index('tenants_purge_at_idx').on(table.purgeAt).where(sql`${table.purgeAt} is not null`),
  ],
);
