import { and, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { indexedValueField, readFilter, textField, valueField } from '../../db/query/filters.ts';
import { keyset } from '../../db/query/keyset.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { auditEvents } from '../../db/tables/auditEvents.ts';
import { tenants } from '../../db/tables/tenants.ts';
import type { Page } from '../../lib/pagination.ts';
import { type AuditEvent, type AuditFilter, auditOrder } from '../audit/audit.queries.ts';

// Of the operator's role, whose own policy shows it every tenant's log.

export type OperatorAuditEvent = AuditEvent & { readonly tenantSlug: string };

const filterFields = {
  tenantId: indexedValueField(auditEvents.tenantId),
  actorKind: valueField(auditEvents.actorKind),
  action: textField(auditEvents.action),
  requestId: valueField(auditEvents.requestId),
  occurredAt: indexedValueField(auditEvents.occurredAt),
};

const pageStatement = prepareShapes<{ event: AuditEvent; tenantSlug: string }[]>();

/** The latest first, from the index over all tenants' events by time; with a tenant, from its own. */
export async function findEventPage(
  tx: TenantTransaction,
  asked: AuditFilter,
  page: Page,
): Promise<OperatorAuditEvent[]> {
  const filter = readFilter(asked, filterFields);
  const keys = keyset(auditOrder, page);
  const statement = pageStatement(`${filter.shape}|${keys.shape}`, (db) =>
    db
      .select({ event: auditEvents, tenantSlug: tenants.slug })
      .from(auditEvents)
      .innerJoin(tenants, eq(tenants.id, auditEvents.tenantId))
      .where(and(...filter.conditions, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  const rows = await statement(tx, { ...filter.values, ...keys.values, limit: page.limit });
  return rows.map(({ event, tenantSlug }) => ({ ...event, tenantSlug }));
}
