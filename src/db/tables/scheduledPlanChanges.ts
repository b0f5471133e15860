import { foreignKey, index, primaryKey, text } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, tenantId } from './columns.ts';
import { plans } from './plans.ts';
import { tenants } from './tenants.ts';

/** The plan that a tenant goes to at the end of its period; one at most. What is over is in the audit log. */
export const scheduledPlanChanges = app.table(
  'scheduled_plan_changes',
  {
    tenantId: tenantId(),
    plan: text('plan')
      .notNull()
      .references(() => plans.code),
    effectiveAt: moment('effective_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'scheduled_plan_changes_pkey', columns: [table.tenantId] }),
    foreignKey({
      name: 'scheduled_plan_changes_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('scheduled_plan_changes_effective_at_idx').on(table.effectiveAt),
  ],
);
