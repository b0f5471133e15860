import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { keyset, type Order } from '../../db/query/keyset.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { prepareShapes } from '../../db/query/prepareShapes.ts';
import { auditEvents } from '../../db/tables/auditEvents.ts';
import { members } from '../../db/tables/members.ts';
import { tenantSettings } from '../../db/tables/tenantSettings.ts';
import { type TenantStatus, tenants } from '../../db/tables/tenants.ts';
import { usageCounters } from '../../db/tables/usageCounters.ts';
import { usageLedger } from '../../db/tables/usageLedger.ts';
import { usageSlots } from '../../db/tables/usageSlots.ts';
import type { Page } from '../../lib/pagination.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import type { ExactMeter } from '../usage/meters.ts';

// Statements of the role tenantry_operator, the only ones that name no tenant: its own policies show
// it every tenant's row here, and the same statement by the server's role finds nothing.

export interface TenantFilter {
  /** Part of the name, the slug or the domain; case and accents do not matter. */
  readonly search?: string | null | undefined;
  readonly status?: TenantStatus | null | undefined;
  readonly plan?: string | null | undefined;
}

/** The newest first. */
export const tenantOrder: Order = {
  sort: 'tenants',
  columns: [
    { sql: tenants.createdAt, kind: 'time' },
    { sql: tenants.id, kind: 'uuid' },
  ],
  descending: true,
};

/** As tenants_search_idx has it, so that a search reads that index and not every tenant. */
const searched = sql`app.fold(${tenants.name} || ' ' || ${tenants.slug} || ' ' || coalesce(${tenants.domain}, ''))`;

function conditionsOf({ search, status, plan }: TenantFilter) {
  const wanted = search?.trim() ?? '';
  return {
    conditions: [
      wanted === '' ? undefined : sql`${searched} like app.fold(${sql.placeholder('search')})`,
      status == null ? undefined : eq(tenants.status, sql.placeholder('status')),
      plan == null ? undefined : eq(tenants.plan, sql.placeholder('plan')),
    ],
    values: { search: `%${wanted.replaceAll(/[\\%_]/g, '\\$&')}%`, status, plan },
    shape: `${wanted === '' ? '' : 's'}${status == null ? '' : 't'}${plan == null ? '' : 'p'}`,
  };
}

const pageStatement = prepareShapes<Tenant[]>();

export function findTenantPage(
  tx: TenantTransaction,
  asked: TenantFilter,
  page: Page,
): Promise<Tenant[]> {
  const filter = conditionsOf(asked);
  const keys = keyset(tenantOrder, page);
  const statement = pageStatement(`${filter.shape}|${keys.shape}`, (db) =>
    db
      .select()
      .from(tenants)
      .where(and(...filter.conditions, keys.where))
      .orderBy(...keys.orderBy)
      .limit(sql.placeholder('limit')),
  );
  return statement(tx, { ...filter.values, ...keys.values, limit: page.limit });
}

const countStatement = prepareShapes<{ count: number }[]>();

export async function countTenants(tx: TenantTransaction, asked: TenantFilter): Promise<number> {
  const filter = conditionsOf(asked);
  const statement = countStatement(filter.shape, (db) =>
    db
      .select({ count: sql<number>`count(*)::int` })
      .from(tenants)
      .where(and(...filter.conditions)),
  );
  return (await statement(tx, filter.values))[0]?.count ?? 0;
}

export const findTenantById = prepare((db) =>
  db
    .select()
    .from(tenants)
    .where(eq(tenants.id, sql.placeholder('id'))),
);

export const findTenantsById = prepare((db) =>
  db
    .select()
    .from(tenants)
    .where(sql`${tenants.id} = any(${sql.placeholder('ids')})`),
);

export const findTenantBySlug = prepare((db) =>
  db
    .select()
    .from(tenants)
    .where(eq(tenants.slug, sql.placeholder('slug'))),
);

export interface TenantHealth {
  id: string;
  settingsVersion: number | null;
  lastActivityAt: Date | null;
  members: number;
  products: number;
  requestsToday: number;
  requestsThisMonth: number;
  messagesThisMonth: number;
  conversationsThisMonth: number;
}

/** Two SQLs deep, for Drizzle strips the tables' names from the outer one. */
const within = <T>(inner: SQL) => sql<T>`${inner}`;

const today = sql`app.usage_today()`;
const thisMonth = sql`app.meter_period('MONTH')`;

const countProducts = within<number>(
  sql`(select coalesce(sum(${usageSlots.used}), 0)::int8 from ${usageSlots}
      where ${usageSlots.tenantId} = ${tenants.id} and ${usageSlots.meter} = 'PRODUCTS')
    - (select coalesce(sum(l.amount - l.used), 0)::int8 from app.lease_use l
      where l.tenant_id = ${tenants.id} and l.meter = 'PRODUCTS')`,
).mapWith(Number);

/** Without those who have left. */
const countMembers = within<number>(
  sql`(select count(*)::int from ${members}
    where ${members.tenantId} = ${tenants.id} and ${members.leftAt} is null)`,
);

const requestsSince = (since: SQL) =>
  within<number>(
    sql`(select coalesce(sum(${usageCounters.used}), 0)::int8 from ${usageCounters}
      where ${usageCounters.tenantId} = ${tenants.id} and ${usageCounters.day} >= ${since}
        and ${usageCounters.meter} = 'API_REQUESTS_PER_DAY')`,
  ).mapWith(Number);

const sumOfMonth = (meter: ExactMeter) =>
  within<number>(
    sql`(select coalesce(sum(${usageLedger.used}), 0)::int8 from ${usageLedger}
      where ${usageLedger.tenantId} = ${tenants.id} and ${usageLedger.day} >= ${thisMonth}
        and ${usageLedger.meter} = ${sql.raw(`'${meter}'`)})`,
  ).mapWith(Number);

/**
 * For each tenant: a count of members from their index, the end of its audit log's index, and sums of
 * counters: at most 16 rows of products, and of 31 days a meter. No row of a customer, a
 * message or a product is read, and the operator's role could read none.
 */
export const findHealth = prepare((db) =>
  db
    .select({
      id: tenants.id,
      settingsVersion: within<number | null>(
        sql`(select ${tenantSettings.version} from ${tenantSettings} where ${tenantSettings.tenantId} = ${tenants.id})`,
      ),
      lastActivityAt: within<Date | null>(
        sql`(select ${auditEvents.occurredAt} from ${auditEvents} where ${auditEvents.tenantId} = ${tenants.id}
          order by ${auditEvents.occurredAt} desc, ${auditEvents.id} desc limit 1)`,
      ),
      members: countMembers,
      products: countProducts,
      requestsToday: requestsSince(today),
      requestsThisMonth: requestsSince(thisMonth),
      messagesThisMonth: sumOfMonth('MESSAGES_PER_DAY'),
      conversationsThisMonth: sumOfMonth('CONVERSATIONS_PER_MONTH'),
    })
    .from(tenants)
    .where(sql`${tenants.id} = any(${sql.placeholder('ids')})`),
);

/** Ends the grace of the transaction's tenant. No row: it is not being deleted. */
export const endGrace = prepare((db) =>
  db
    .update(tenants)
    .set({ purgeAt: sql`now()` })
    .where(and(eq(tenants.id, tenant), eq(tenants.status, 'DELETING')))
    .returning({ id: tenants.id }),
);
