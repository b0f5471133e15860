import { and, eq, gt, sql } from 'drizzle-orm';
import { prepare, tenant } from '../../db/prepare.ts';
import { members } from '../../db/tables/members.ts';
import { products } from '../../db/tables/products.ts';
import { tenants } from '../../db/tables/tenants.ts';
import { usageCounters } from '../../db/tables/usageCounters.ts';

const today = sql<string>`(now() at time zone 'utc')::date`;

/** Adds to a day's counter. `excluded`, for Citus takes no now() in ON CONFLICT. */
export const addToCounter = prepare((db) =>
  db
    .insert(usageCounters)
    .values({
      tenantId: tenant,
      meter: sql.placeholder('meter'),
      day: today,
      used: sql.placeholder('amount'),
    })
    .onConflictDoUpdate({
      target: [usageCounters.tenantId, usageCounters.meter, usageCounters.day],
      set: {
        used: sql`${usageCounters.used} + excluded.used`,
        updatedAt: sql`excluded.updated_at`,
      },
    }),
);

/** Adds to the counter of a day that is given, in UTC: what was begun on it counts for it. */
export const addToDay = prepare((db) =>
  db
    .insert(usageCounters)
    .values({
      tenantId: tenant,
      meter: sql.placeholder('meter'),
      day: sql.placeholder('day'),
      used: sql.placeholder('amount'),
    })
    .onConflictDoUpdate({
      target: [usageCounters.tenantId, usageCounters.meter, usageCounters.day],
      set: {
        used: sql`${usageCounters.used} + excluded.used`,
        updatedAt: sql`excluded.updated_at`,
      },
    }),
);

/** The limits in force and the database's day, with what is counted from the rows themselves. */
export const readStanding = prepare((db) =>
  db
    .select({
      limits: sql<Record<string, number>>`(select limits from app.tenant_standing(${tenant}))`,
      today: sql<string>`${today}::text`,
      products: sql<number>`(select count(*)::int from ${products} where ${products.tenantId} = ${tenant})`,
      members: sql<number>`(select count(*)::int from ${members} where ${members.tenantId} = ${tenant} and ${members.userId} is not null)`,
    })
    .from(tenants)
    .where(eq(tenants.id, tenant)),
);

/** A row for each of the `meters` that was used this month: how much today and this month. */
export const sumCounters = prepare((db) =>
  db
    .select({
      meter: usageCounters.meter,
      today:
        sql<number>`coalesce(sum(${usageCounters.used}) filter (where ${usageCounters.day} = ${today}), 0)::int8`.mapWith(
          Number,
        ),
      month: sql<number>`sum(${usageCounters.used})::int8`.mapWith(Number),
    })
    .from(usageCounters)
    .where(
      and(
        eq(usageCounters.tenantId, tenant),
        // The key's columns in their order: without it all days since the tenant began are gone through.
        sql`${usageCounters.meter} = any(${sql.placeholder('meters')})`,
        sql`${usageCounters.day} >= date_trunc('month', ${today})::date`,
      ),
    )
    .groupBy(usageCounters.meter),
);

/** The days of the last `days` on which something was counted. */
export const listDays = prepare((db) =>
  db
    .select({
      meter: usageCounters.meter,
      day: usageCounters.day,
      used: usageCounters.used,
    })
    .from(usageCounters)
    .where(
      and(
        eq(usageCounters.tenantId, tenant),
        sql`${usageCounters.meter} = any(${sql.placeholder('meters')})`,
        gt(usageCounters.day, sql`${today} - ${sql.placeholder('days')}::int`),
      ),
    )
    .orderBy(usageCounters.day),
);
