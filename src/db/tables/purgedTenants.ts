import { index, jsonb, text, uuid } from 'drizzle-orm/pg-core';
import { app, moment } from './columns.ts';

/**
 * Businesses that are gone. A business's audit log goes with it, so that it was purged stands here, for
 * operators; the id is kept so that what a backup brings back can be purged again.
 */
export const purgedTenants = app.table(
  'purged_tenants',
  {
    id: uuid('id').primaryKey(),
    slug: text('slug').notNull(),
    plan: text('plan').notNull(),
    createdAt: moment('created_at').notNull(),
    deletionRequestedAt: moment('deletion_requested_at'),
    purgedAt: moment('purged_at').notNull(),
    /** Table → rows removed. */
    removed: jsonb('removed').$type<Record<string, number>>().notNull(),
  },
  (table) => [
    // Growth, by day.
    index('purged_tenants_purged_at_idx').on(table.purgedAt),
    index('purged_tenants_created_at_idx').on(table.createdAt),
  ],
);
