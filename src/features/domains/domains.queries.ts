import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareByKeys } from '../../db/query/prepareByKeys.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { tenantDomains } from '../../db/tables/tenantDomains.ts';
import type { Page } from '../../lib/pagination.ts';

export type TenantDomain = typeof tenantDomains.$inferSelect;

/** The newest first. */
export const domainOrder: Order = {
  sort: 'domains',
  columns: [
    { sql: tenantDomains.createdAt, kind: 'time' },
    { sql: tenantDomains.id, kind: 'uuid' },
  ],
  descending: true,
};

const pageStatement = prepareShapes<TenantDomain[]>();

export function findDomainPage(tx: TenantTransaction, page: Page): Promise<TenantDomain[]> {
  const keys = keyset(domainOrder, page);
  const statement = pageStatement(keys.shape, (db) =>
    db
      .select()
      .from(tenantDomains)
      .where(and(eq(tenantDomains.tenantId, tenant), keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...keys.values, limit: page.limit });
}

export const countDomains = prepare((db) =>
  db
    .select({ count: sql<number>`count(*)::int` })
    .from(tenantDomains)
    .where(eq(tenantDomains.tenantId, tenant)),
);

export const findDomainsByIds = prepareByKeys<TenantDomain>(
  tenantDomains,
  getTableColumns(tenantDomains),
  tenantDomains.id,
  'ids',
);

export const lockDomain = prepare((db) =>
  db
    .select()
    .from(tenantDomains)
    .where(and(eq(tenantDomains.tenantId, tenant), eq(tenantDomains.id, sql.placeholder('id'))))
    .for('update'),
);

export const findDomainByName = prepare((db) =>
  db
    .select()
    .from(tenantDomains)
    .where(
      and(eq(tenantDomains.tenantId, tenant), eq(tenantDomains.domain, sql.placeholder('domain'))),
    ),
);

/** undefined: the business has claimed it before. */
export async function insertDomain(
  tx: TenantTransaction,
  row: Pick<TenantDomain, 'id' | 'domain' | 'token'>,
): Promise<TenantDomain | undefined> {
  const rows = await tx.db
    .insert(tenantDomains)
    .values({ ...row, tenantId: tx.tenantId })
    .onConflictDoNothing({ target: [tenantDomains.tenantId, tenantDomains.domain] })
    .returning();
  return rows[0];
}

/** Writes down that DNS said so just now, which app.route_domain() asks for. */
export const markProved = prepare((db) =>
  db
    .update(tenantDomains)
    .set({ provedAt: sql`now()`, verifiedAt: sql`coalesce(${tenantDomains.verifiedAt}, now())` })
    .where(and(eq(tenantDomains.tenantId, tenant), eq(tenantDomains.id, sql.placeholder('id'))))
    .returning(),
);

/** false: another business has the domain. */
export async function routeDomain(tx: TenantTransaction, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ routed: boolean }>('select app.route_domain($1) as routed', [
    id,
  ]);
  return rows[0]?.routed === true;
}

export async function unrouteDomain(tx: TenantTransaction, domain: string): Promise<void> {
  await tx.query('select app.unroute_domain($1)', [domain]);
}

export const deleteDomain = prepare((db) =>
  db
    .delete(tenantDomains)
    .where(and(eq(tenantDomains.tenantId, tenant), eq(tenantDomains.id, sql.placeholder('id'))))
    .returning(),
);
