import { sql } from 'drizzle-orm';
import { bigint, boolean, check, foreignKey, primaryKey, text } from 'drizzle-orm/pg-core';
import { app, createdAt, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

export const overrideKinds = ['LIMIT', 'FEATURE'] as const;
export type OverrideKind = (typeof overrideKinds)[number];

/**
 * Where a tenant differs from its plan: a meter's limit replaced, a feature granted or withheld. It
 * outlives a change of plan, and ends by itself where it says when.
 */
export const tenantOverrides = app.table(
  'tenant_overrides',
  {
    tenantId: tenantId(),
    kind: text('kind', { enum: overrideKinds }).notNull(),
    /** A meter or a feature. */
    code: text('code').notNull(),
    /** Of a meter: in the place of the plan's; null: no limit. */
    limit: bigint('limit_value', { mode: 'number' }),
    /** Of a feature: false withholds what the plan has. */
    granted: boolean('granted'),
    reason: text('reason').notNull(),
    expiresAt: moment('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({
      name: 'tenant_overrides_pkey',
      columns: [table.tenantId, table.kind, table.code],
    }),
    foreignKey({
      name: 'tenant_overrides_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    check('tenant_overrides_kind_known', sql`${table.kind} in ('LIMIT','FEATURE')`),
    check('tenant_overrides_limit_value_not_negative', sql`${table.limit} >= 0`),
    check(
      'tenant_overrides_says_one_thing',
      sql`case ${table.kind} when 'FEATURE' then ${table.granted} is not null and ${table.limit} is null
        else ${table.granted} is null end`,
    ),
  ],
);
