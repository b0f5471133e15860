import { and, eq, gt, sql } from 'drizzle-orm';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { members } from '../../db/tables/members.ts';
import { usageCounters } from '../../db/tables/usageCounters.ts';
import { usageDays } from '../../db/tables/usageDays.ts';
import { usageLedger } from '../../db/tables/usageLedger.ts';
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
        - (select coalesce(sum(amount - used), 0) from app.lease_use
           where tenant_id = ${tenant} and meter = wanted.meter and period = app.meter_period(wanted.meter))
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
  eq(usageLedger.tenantId, tenant),
  sql`${usageLedger.meter} = any(${sql.placeholder('meters')})`,
  gt(usageLedger.day, sql`${today} - ${sql.placeholder('days')}::int`),
);

const used = sql<number>`sum(${usageLedger.used})`.mapWith(Number);

/** The days of the last `days` on which something was counted; requests have a counter a day. */
export const listDays = prepare((db) =>
  db
    .select({ meter: usageLedger.meter, day: usageLedger.day, used: used.as('used') })
    .from(usageLedger)
    .where(
      and(
        eq(usageLedger.tenantId, tenant),
        sql`${usageLedger.meter} = any(array_remove(${sql.placeholder('meters')}::text[], 'API_REQUESTS_PER_DAY'))`,
        gt(usageLedger.day, sql`${today} - ${sql.placeholder('days')}::int`),
      ),
    )
    .groupBy(usageLedger.meter, usageLedger.day)
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
    .select({ meter: usageLedger.meter, feature: usageLedger.feature, used })
    .from(usageLedger)
    .where(lastDays)
    .groupBy(usageLedger.meter, usageLedger.feature)
    .orderBy(sql`sum(${usageLedger.used}) desc`, usageLedger.feature),
);

/** With which API keys, the most used first. */
export const listApiKeyUse = prepare((db) =>
  db
    .select({ meter: usageLedger.meter, apiKeyId: usageLedger.apiKeyId, used })
    .from(usageLedger)
    .where(lastDays)
    .groupBy(usageLedger.meter, usageLedger.apiKeyId)
    .orderBy(sql`sum(${usageLedger.used}) desc`, usageLedger.apiKeyId),
);
