import { sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { activityHours } from '../../db/tables/activityHours.ts';
import { type ActivityCounts, activityNames } from './activityCounts.ts';
import {
  type ActivityPoint,
  activitySumColumns,
  columnOf,
  countedActivity,
  type Span,
  since,
  spanSeries,
  spans,
} from './activitySums.queries.ts';

const added = Object.fromEntries(
  activityNames.map((name) => [
    name,
    sql`${columnOf(name)} + excluded.${sql.identifier(columnOf(name).name)}`,
  ]),
);

const given = Object.fromEntries(activityNames.map((name) => [name, sql.placeholder(name)]));

const insertCounts = prepare((db) =>
  db
    .insert(activityHours)
    .values({
      ...(given as Record<keyof ActivityCounts, ReturnType<typeof sql.placeholder>>),
      tenantId: tenant,
      hour: sql`date_trunc('hour', now(), 'UTC')`,
      lastAt: sql`now()`,
    })
    .onConflictDoUpdate({
      target: [activityHours.tenantId, activityHours.hour],
      // Citus takes no now() in ON CONFLICT.
      set: { ...added, lastAt: sql`excluded.last_at` },
    }),
);

/** Adds what happened to the hour in which the transaction began. */
export async function addToActivity(tx: TenantTransaction, counts: ActivityCounts): Promise<void> {
  await insertCounts(tx, { ...counts });
}

/** `lastAt`: of all that is kept. */
export interface OwnActivityPoint extends ActivityPoint {
  lastAt: Date | null;
}

/** The hours or days of the last `days`, today included, the oldest first, also those without anything. */
export async function listActivity(
  tx: TenantTransaction,
  { days, span }: { days: number; span: Span },
): Promise<OwnActivityPoint[]> {
  const { rows } = await tx.query<OwnActivityPoint>(
    `with counted as (
       select date_trunc($4, hour, 'UTC') as start, ${activitySumColumns} from app.activity_hours
       where tenant_id = $1 and hour >= ${since('$2')} group by 1)
     select span.start, ${countedActivity},
       (select last_at from app.activity_hours where tenant_id = $1 order by hour desc limit 1) as "lastAt"
     from ${spanSeries('$2', '$3')} left join counted on counted.start = span.start`,
    [tx.tenantId, days, spans[span], span],
    { name: 'activity_list' },
  );
  // Not by SQL: it takes a series for a thousand rows, whatever its ends.
  return rows.sort((one, other) => one.start.getTime() - other.start.getTime());
}

/** What is kept no longer: whole days, so that each tenant is due once a day. */
export const deleteOldActivity = prepare((db) =>
  db
    .delete(activityHours)
    .where(
      sql`${activityHours.tenantId} = ${tenant} and ${activityHours.hour} < date_trunc('day', now(), 'UTC') - interval '90 days'`,
    ),
);
