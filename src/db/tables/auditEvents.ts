import { sql } from 'drizzle-orm';
import { check, foreignKey, index, jsonb, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { app, id, moment, tenantId } from './columns.ts';
import { tenants } from './tenants.ts';

export const auditActorKinds = ['USER', 'API_KEY', 'OPERATOR', 'SYSTEM'] as const;
export type AuditActorKind = (typeof auditActorKinds)[number];

/**
 * Who did what. Written by the application in the change's own transaction; the server's role may
 * insert and read, nothing else. The actor has no foreign key: the log outlives whom it names.
 */
export const auditEvents = app.table(
  'audit_events',
  {
    tenantId: tenantId(),
    id: id(),
    occurredAt: moment('occurred_at').notNull().default(sql`now()`),
    actorKind: text('actor_kind', { enum: auditActorKinds }).notNull(),
    actorId: uuid('actor_id'),
    actorName: text('actor_name').notNull(),
    action: text('action').notNull(),
    targetType: text('target_type').notNull(),
    targetId: uuid('target_id'),
    before: jsonb('before').$type<Record<string, unknown>>(),
    after: jsonb('after').$type<Record<string, unknown>>(),
    ip: text('ip'),
    userAgent: text('user_agent'),
    requestId: text('request_id').notNull(),
    /** The lease that this work used a unit of; see quotaLeases.ts. No foreign key: leases are soon gone. */
    quotaLease: uuid('quota_lease'),
  },
  (table) => [
    primaryKey({ name: 'audit_events_pkey', columns: [table.tenantId, table.id] }),
    foreignKey({
      name: 'audit_events_tenant_id_fkey',
      columns: [table.tenantId],
      foreignColumns: [tenants.id],
    }),
    index('audit_events_tenant_id_occurred_at_id_idx').on(
      table.tenantId,
      table.occurredAt,
      table.id,
    ),
    index('audit_events_tenant_id_target_id_occurred_at_id_idx').on(
      table.tenantId,
      table.targetId,
      table.occurredAt,
      table.id,
    ),
    // What operators read, across tenants.
    index('audit_events_occurred_at_id_idx').on(table.occurredAt, table.id),
    check(
      'audit_events_actor_kind_known',
      sql`${table.actorKind} in ('USER','API_KEY','OPERATOR','SYSTEM')`,
    ),
  ],
);
