import { and, asc, eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { auditEvents } from '../../db/tables/auditEvents.ts';
import type { Page } from '../../lib/pagination.ts';
import { type AuditEvent, auditOrder } from './audit.queries.ts';

/**
 * An event carries the time at which its transaction began, and shows when that commits. tenantry_server
 * may hold one open for a minute and tenantry_operator for five (`transaction_timeout`), so what is
 * older than this can't get company any more.
 */
const settledAfter = sql.raw(`interval '6 minutes'`);

/** One moment: since when events may still appear, and which of those there are. */
export const findUnsettled = prepare((db) =>
  db
    .select({
      instant: sql<string>`now()::text`,
      settled: sql<string>`date_trunc('milliseconds', now() - ${settledAfter})::text`,
      ids: sql<
        string[]
      >`coalesce(json_agg(${auditEvents.id} order by ${auditEvents.occurredAt}, ${auditEvents.id})
        filter (where ${auditEvents.id} is not null), '[]')`,
    })
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.tenantId, tenant),
        sql`${auditEvents.occurredAt} >= date_trunc('milliseconds', now() - ${settledAfter})`,
        sql`${auditEvents.occurredAt} >= ${sql.placeholder('from')}`,
        sql`${auditEvents.occurredAt} < ${sql.placeholder('until')}`,
      ),
    ),
);

const oldestFirst: Order = { ...auditOrder, sort: 'auditExport', descending: false };

const pageStatement = prepareShapes<AuditEvent[]>();

/** The next of the settled ones, the oldest first. `after`: the key of the last one that was read. */
export function findSettledPage(
  tx: TenantTransaction,
  period: { from: string; until: string; settled: string },
  after: readonly [string, string] | null,
  limit: number,
): Promise<AuditEvent[]> {
  const page: Page = { size: limit, limit, backwards: false, after, before: null };
  const keys = keyset(oldestFirst, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(auditEvents)
      .where(
        and(
          eq(auditEvents.tenantId, tenant),
          sql`${auditEvents.occurredAt} >= ${sql.placeholder('from')}`,
          sql`${auditEvents.occurredAt} < ${sql.placeholder('until')}`,
          sql`${auditEvents.occurredAt} < ${sql.placeholder('settled')}`,
          keys.where,
        ),
      )
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...period, ...keys.values, limit });
}

/** The oldest first. */
export const findEventsByIds = prepare((db) =>
  db
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.tenantId, tenant),
        sql`${auditEvents.id} = any(${sql.placeholder('ids')})`,
      ),
    )
    .orderBy(asc(auditEvents.occurredAt), asc(auditEvents.id)),
);
