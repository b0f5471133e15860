import type { TenantTransaction } from '../../db/database.ts';
import type { ActivityCounts } from '../activity/activityCounts.ts';
import {
  type ActivityPoint,
  activityColumnList,
  activitySumColumns,
  countedActivity,
  type Span,
  since,
  spanSeries,
  spans,
} from '../activity/activitySums.queries.ts';

// Statements of the role tenantry_operator, as in operatorTenants.queries.ts. They have no name, so that
// each is planned for its times: an index serves two hours of 90 days, and not 90 days.

/** What is not in platform_hours and platform_days yet begins here. */
interface Open {
  hour: Date;
  day: string;
}

async function readOpen(tx: TenantTransaction): Promise<Open> {
  const { rows } = await tx.query<Open>(
    `select coalesce((select max(hour) + interval '1 hour' from app.platform_hours), '-infinity'::timestamptz)::text as hour,
       coalesce((select max(day) + 1 from app.platform_days), '-infinity'::date)::text as day`,
  );
  const [open] = rows;
  if (open === undefined) throw new Error('a select without a from gave no row');
  return open;
}

/** Hours or days of the last `days`, today included, the oldest first, also those without anything. */
export async function sumActivity(
  tx: TenantTransaction,
  { days, span }: { days: number; span: Span },
): Promise<ActivityPoint[]> {
  const open = await readOpen(tx);
  const { rows } = await tx.query<ActivityPoint>(
    `with hours as (
       select hour, ${activityColumnList} from app.platform_hours where hour >= ${since('$1')}
       union all
       select hour, ${activitySumColumns} from app.activity_hours
       where hour >= greatest(${since('$1')}, $4::timestamptz) group by hour
     ), counted as (
       select date_trunc($3, hour, 'UTC') as start, ${activitySumColumns} from hours group by 1)
     select span.start, ${countedActivity}
     from ${spanSeries('$1', '$2')} left join counted on counted.start = span.start order by span.start`,
    [days, spans[span], span, open.hour],
  );
  return rows;
}

export interface UseOfDay {
  meter: string;
  /** "2026-01-31" */
  day: string;
  used: number;
}

/** What was used of the last `days`, today included. Days without use have no row. */
export async function sumUse(tx: TenantTransaction, days: number): Promise<UseOfDay[]> {
  const open = await readOpen(tx);
  const { rows } = await tx.query<UseOfDay>(
    `select meter, day::text, sum(used)::int8 as used from (
       select day, meter, used from app.platform_days
       union all
       select day, meter, used from app.usage_days where day >= $2::date and meter <> 'API_REQUESTS_PER_DAY'
       union all
       select day, meter, used from app.usage_counters where day >= $2::date) counted
     where day > app.usage_today() - $1::int group by 1, 2 order by 1, 2`,
    [days, open.day],
  );
  return rows;
}

export interface Growth {
  tenants: { status: string; plan: string; count: number }[];
  daily: { day: string; created: number; purged: number }[];
}

/** From the businesses there are, of which there are far fewer than of what they do; by index by day. */
export async function readGrowth(tx: TenantTransaction, days: number): Promise<Growth> {
  const [tenants, daily] = await Promise.all([
    tx.query<Growth['tenants'][number]>(
      'select status, plan, count(*)::int as count from app.tenants group by 1, 2 order by 1, 2',
    ),
    tx.query<Growth['daily'][number]>(
      `with created as (
         select created_at from app.tenants where created_at >= ${since('$1')}
         union all
         select created_at from app.purged_tenants where created_at >= ${since('$1')}
       ), by_day as (
         select date_trunc('day', created_at, 'UTC') as start, count(*) as created, 0 as purged
         from created group by 1
         union all
         select date_trunc('day', purged_at, 'UTC'), 0, count(*) from app.purged_tenants
         where purged_at >= ${since('$1')} group by 1)
       select (span.start at time zone 'UTC')::date::text as day,
         coalesce(sum(created), 0)::int as created, coalesce(sum(purged), 0)::int as purged
       from ${spanSeries('$1', "interval '24 hours'")} left join by_day on by_day.start = span.start
       group by span.start order by span.start`,
      [days],
    ),
  ]);
  return { tenants: tenants.rows, daily: daily.rows };
}

export interface TenantActivity extends ActivityCounts {
  tenantId: string;
  lastAt: Date;
}

/** What tenants are compared by. A rate of a few operations says nothing. */
const rankings = {
  OPERATIONS: { key: 'operations', fewest: 0 },
  ERROR_RATE: {
    key: '(client_errors + server_faults)::float8 / nullif(operations, 0)',
    fewest: 20,
  },
  SERVER_FAULTS: { key: 'server_faults', fewest: 0 },
  REFUSED: { key: 'refused', fewest: 0 },
} as const;
export type Ranking = keyof typeof rankings;

/** This hour and the `hours` before it. */
export async function listTopTenants(
  tx: TenantTransaction,
  { by, hours, first }: { by: Ranking; hours: number; first: number },
): Promise<TenantActivity[]> {
  const { key, fewest } = rankings[by];
  const { rows } = await tx.query<TenantActivity>(
    `with counted as (
       select tenant_id, max(last_at) as last_at, ${activitySumColumns} from app.activity_hours
       where hour >= date_trunc('hour', now(), 'UTC') - $1::int * interval '1 hour' group by 1)
     select tenant_id as "tenantId", last_at as "lastAt", ${countedActivity} from counted
     where ${key} > 0 and operations >= ${fewest} order by ${key} desc, tenant_id limit $2`,
    [hours, first],
  );
  return rows;
}

/** The same of some tenants, each by its key. No row: it asked for nothing. */
export async function listActivityOf(
  tx: TenantTransaction,
  { ids, hours }: { ids: readonly string[]; hours: number },
): Promise<TenantActivity[]> {
  const { rows } = await tx.query<TenantActivity>(
    `with counted as (
       select tenant_id, max(last_at) as last_at, ${activitySumColumns} from app.activity_hours
       where tenant_id = any ($1) and hour >= date_trunc('hour', now(), 'UTC') - $2::int * interval '1 hour'
       group by 1)
     select tenant_id as "tenantId", last_at as "lastAt", ${countedActivity} from counted`,
    [ids, hours],
  );
  return rows;
}

/** In one transaction; after months without a server for operators, a round each. */
const mostHours = 7 * 24;
const mostDays = 7;

/**
 * Adds up hours and days that change no more. An hour is that of a transaction that begins in it, and none
 * lasts ten minutes; what is settled late counts for the day on which it was set aside, which is yesterday
 * at most. What a server that was killed has leased waits for its settling, which a new one begins with.
 * Two servers at once come to the same. Answers how many rows it made.
 */
export async function rollUpActivity(tx: TenantTransaction): Promise<number> {
  const open = await readOpen(tx);
  const hours = await tx.query(
    `insert into app.platform_hours (hour, ${activityColumnList})
     select hour, ${activitySumColumns} from app.activity_hours
     where hour >= $1::timestamptz and hour < least(date_trunc('hour', now() - interval '10 minutes', 'UTC'),
       (select min(hour) from app.activity_hours where hour >= $1::timestamptz) + $2::int * interval '1 hour')
     group by hour on conflict do nothing`,
    [open.hour, mostHours],
  );
  const days = await tx.query(
    `with bounds as (
       select least((select min(day) from app.usage_days where day >= $1::date),
         (select min(day) from app.usage_counters where day >= $1::date)) + $2::int as until
     ), used as (
       select day, meter, used from app.usage_days where day >= $1::date and meter <> 'API_REQUESTS_PER_DAY'
       union all
       select day, meter, used from app.usage_counters where day >= $1::date)
     insert into app.platform_days (day, meter, used)
     select day, meter, sum(used) from used
     where day < least(app.usage_today() - 2, (select until from bounds), (select min(day) from app.quota_leases))
     group by 1, 2 on conflict do nothing`,
    [open.day, mostDays],
  );
  return (hours.rowCount ?? 0) + (days.rowCount ?? 0);
}
