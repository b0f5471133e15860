import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import {
  type Comparators,
  indexedValueField,
  readFilter,
  textField,
  valueField,
} from '../../db/query/filters.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { auditEvents } from '../../db/tables/auditEvents.ts';
import type { Page } from '../../lib/pagination.ts';

export type AuditEvent = typeof auditEvents.$inferSelect;

export const insertAuditEvent = prepare((db) =>
  db.insert(auditEvents).values({
    tenantId: tenant,
    id: sql.placeholder('id'),
    actorKind: sql.placeholder('actorKind'),
    actorId: sql.placeholder('actorId'),
    actorName: sql.placeholder('actorName'),
    action: sql.placeholder('action'),
    targetType: sql.placeholder('targetType'),
    targetId: sql.placeholder('targetId'),
    // Past the column's encoder, which would make JSON's null of SQL's.
    before: sql`${sql.placeholder('before')}`,
    after: sql`${sql.placeholder('after')}`,
    ip: sql.placeholder('ip'),
    userAgent: sql.placeholder('userAgent'),
    requestId: sql.placeholder('requestId'),
    quotaLease: sql.placeholder('quotaLease'),
  }),
);

const filterFields = {
  action: textField(auditEvents.action),
  actorId: valueField(auditEvents.actorId),
  targetId: indexedValueField(auditEvents.targetId),
  actorKind: valueField(auditEvents.actorKind),
  targetType: textField(auditEvents.targetType),
  requestId: valueField(auditEvents.requestId),
  occurredAt: indexedValueField(auditEvents.occurredAt),
};

export type AuditFilter = Readonly<Record<string, Comparators | null | undefined>>;

/** The newest first. */
export const auditOrder: Order = {
  sort: 'auditEvents',
  columns: [
    { sql: auditEvents.occurredAt, kind: 'time' },
    { sql: auditEvents.id, kind: 'uuid' },
  ],
  descending: true,
};

const pageStatement = prepareShapes<AuditEvent[]>();

export function findAuditPage(
  tx: TenantTransaction,
  asked: AuditFilter,
  page: Page,
): Promise<AuditEvent[]> {
  const filter = readFilter(asked, filterFields);
  const keys = keyset(auditOrder, page);
  const statement = pageStatement(`${filter.shape}|${keys.shape}`, (db) =>
    db
      .select()
      .from(auditEvents)
      .where(and(eq(auditEvents.tenantId, tenant), ...filter.conditions, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...filter.values, ...keys.values, limit: page.limit });
}

const countStatement = prepareShapes<{ count: number }[]>();

export async function countAuditEvents(tx: TenantTransaction, asked: AuditFilter): Promise<number> {
  const filter = readFilter(asked, filterFields);
  const statement = countStatement(filter.shape, (db) =>
    db
      .select({ count: sql<number>`count(*)::int` })
      .from(auditEvents)
      .where(and(eq(auditEvents.tenantId, tenant), ...filter.conditions)),
  );
  return (await statement(tx, filter.values))[0]?.count ?? 0;
}

export const findAuditEventsByIds = prepareByKeys<AuditEvent>(
  auditEvents,
  getTableColumns(auditEvents),
  auditEvents.id,
  'ids',
);
