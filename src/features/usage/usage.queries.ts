import { and, eq, gt, sql } from 'drizzle-orm';
import { prepare, tenant } from '../../db/prepare.ts';
import { members } from '../../db/tables/members.ts';
import { usageCounters } from '../../db/tables/usageCounters.ts';
import { usageDays } from '../../db/tables/usageDays.ts';
import { usageReservations } from '../../db/tables/usageReservations.ts';
import { usageSlots } from '../../db/tables/usageSlots.ts';

const today = sql<string>`app.usage_today()`;

/** Adds to the counter of a day that is given, in UTC; answers what it has come to. */
export const addToCounter = prepare((db) =>
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
        // Citus takes no now() in ON CONFLICT.
        updatedAt: sql`excluded.updated_at`,
      },
    })
    .returning({ used: usageCounters.used }),
);

/** The same in the ledger. These batches lock the rows that they add to, for a moment: one slot is enough. */
export const addToLedger = prepare((db) =>
  db
    .insert(usageDays)
    .values({
      tenantId: tenant,
      meter: sql.placeholder('meter'),
      day: sql.placeholder('day'),
      slot: 0,
      feature: sql.placeholder('feature'),
      apiKeyId: sql.placeholder('apiKeyId'),
      used: sql.placeholder('amount'),
    })
    .onConflictDoUpdate({
      target: [
        usageDays.tenantId,
        usageDays.meter,
        usageDays.day,
        usageDays.slot,
        usageDays.feature,
        usageDays.apiKeyId,
      ],
      set: { used: sql`${usageDays.used} + excluded.used` },
    }),
);

/** Two SQLs deep, for Drizzle strips the tables' names from the outer one. */
const within = (inner: ReturnType<typeof sql>) => sql<number>`${inner}`.mapWith(Number);

const ofWanted = sql`${usageSlots.tenantId} = ${tenant} and ${usageSlots.meter} = wanted.meter
  and ${usageSlots.period} = app.meter_period(wanted.meter)`;

const openReservations = (amount: ReturnType<typeof sql>) =>
  within(sql`(select coalesce(sum(${amount}), 0) from ${usageReservations}
    where ${usageReservations.tenantId} = ${tenant} and ${usageReservations.meter} = wanted.meter
      and ${usageReservations.state} = 'OPEN' and ${usageReservations.period} = app.meter_period(wanted.meter))`);

/**
 * A row for each of the `meters`: its limit, and what is counted in its period now, from at most 16 rows
 * each. Members alone are counted from their rows, by an index.
 */
export const readCounts = prepare((db) =>
  db
    .select({
      meter: sql<string>`wanted.meter`,
      today: sql<string>`${today}::text`,
      limit: sql<number>`app.tenant_limit(wanted.meter)`.mapWith(Number),
      counted:
        within(sql`(select coalesce(sum(${usageSlots.used}), 0) from ${usageSlots} where ${ofWanted})
        + (select coalesce(sum(${usageCounters.used}), 0) from ${usageCounters}
           where ${usageCounters.tenantId} = ${tenant} and ${usageCounters.meter} = wanted.meter and ${usageCounters.day} = ${today})
        + case wanted.meter when 'MEMBERS' then (select count(*) from ${members}
           where ${members.tenantId} = ${tenant} and ${members.userId} is not null) else 0 end`),
      setAside: openReservations(sql`${usageReservations.amount}`),
      /** Of that what has run out: it only waits to be given back. */
      expired: openReservations(
        sql`case when ${usageReservations.expiresAt} <= now() then ${usageReservations.amount} end`,
      ),
    })
    .from(sql`unnest(${sql.placeholder('meters')}::text[]) as wanted(meter)`),
);

const lastDays = and(
  eq(usageDays.tenantId, tenant),
  sql`${usageDays.meter} = any(${sql.placeholder('meters')})`,
  gt(usageDays.day, sql`${today} - ${sql.placeholder('days')}::int`),
);

const used = sql<number>`sum(${usageDays.used})`.mapWith(Number);

/** The days of the last `days` on which something was counted; requests have a counter a day. */
export const listDays = prepare((db) =>
  db
    .select({ meter: usageDays.meter, day: usageDays.day, used: used.as('used') })
    .from(usageDays)
    .where(
      and(
        eq(usageDays.tenantId, tenant),
        sql`${usageDays.meter} = any(array_remove(${sql.placeholder('meters')}::text[], 'API_REQUESTS_PER_DAY'))`,
        gt(usageDays.day, sql`${today} - ${sql.placeholder('days')}::int`),
      ),
    )
    .groupBy(usageDays.meter, usageDays.day)
    .unionAll(
      db
        .select({ meter: usageCounters.meter, day: usageCounters.day, used: usageCounters.used })
        .from(usageCounters)
        .where(
          and(
            eq(usageCounters.tenantId, tenant),
            sql`${usageCounters.meter} = any(${sql.placeholder('meters')})`,
            gt(usageCounters.day, sql`${today} - ${sql.placeholder('days')}::int`),
          ),
        ),
    ),
);

/** Through which root fields, the most used first. */
export const listFeatures = prepare((db) =>
  db
    .select({ meter: usageDays.meter, feature: usageDays.feature, used })
    .from(usageDays)
    .where(lastDays)
    .groupBy(usageDays.meter, usageDays.feature)
    .orderBy(sql`sum(${usageDays.used}) desc`, usageDays.feature),
);

/** With which API keys, the most used first. */
export const listApiKeyUse = prepare((db) =>
  db
    .select({ meter: usageDays.meter, apiKeyId: usageDays.apiKeyId, used })
    .from(usageDays)
    .where(lastDays)
    .groupBy(usageDays.meter, usageDays.apiKeyId)
    .orderBy(sql`sum(${usageDays.used}) desc`, usageDays.apiKeyId),
);
