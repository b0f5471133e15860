import type { TenantTransaction } from '../../db/database.ts';
import { type CountedMeter, type Meter, type MeterPeriod, meters } from './meters.ts';
import { addToCounter, addToDay, readStanding, sumCounters } from './usage.queries.ts';

/** A meter as it stands: `limit` and `remaining` are null where the plan sets none. */
export interface MeterReading {
  meter: Meter;
  period: MeterPeriod;
  used: number;
  limit: number | null;
  remaining: number | null;
  resetsAt: Date | null;
  /** The database's day in UTC, "2026-01-31". */
  today: string;
}

export interface DayOfUse {
  day: string;
  used: number;
}

/** Counts in the transaction of the work: what is rolled back costs nothing. */
export async function countUsage(
  tx: TenantTransaction,
  meter: CountedMeter,
  amount: number,
): Promise<void> {
  tx.note('usage', { meter, amount });
  await addToCounter(tx, { meter, amount });
}

/** Counts requests that were answered. `day`: when they were admitted, "2026-01-31". */
export async function countRequests(
  tx: TenantTransaction,
  day: string,
  amount: number,
): Promise<void> {
  await addToDay(tx, { meter: 'API_REQUESTS_PER_DAY', day, amount });
}

/** How many more people may join; null: as many as there are. */
export async function readFreeSeats(tx: TenantTransaction): Promise<number | null> {
  const [standing] = await readStanding(tx);
  if (standing === undefined) throw new Error('the tenant of the transaction is gone');
  const limit = standing.limits.MEMBERS;
  return limit === undefined ? null : Math.max(0, limit - standing.members);
}

/** Every meter of the tenant, in two statements of one flush. */
export async function readMeters(tx: TenantTransaction): Promise<MeterReading[]> {
  const [[standing], counters] = await Promise.all([
    readStanding(tx),
    sumCounters(tx, { meters: Object.keys(meters) }),
  ]);
  if (standing === undefined) return [];
  const counted = new Map(counters.map((row) => [row.meter, row]));
  return (Object.keys(meters) as Meter[]).map((meter) => {
    const period = meters[meter];
    const used = usedOf(meter, period, standing, counted.get(meter));
    const limit = standing.limits[meter] ?? null;
    return {
      meter,
      period,
      used,
      limit,
      remaining: limit === null ? null : Math.max(0, limit - used),
      resetsAt: endOf(period, standing.today),
      today: standing.today,
    };
  });
}

function usedOf(
  meter: Meter,
  period: MeterPeriod,
  standing: { products: number; members: number },
  counted: { today: number; month: number } | undefined,
): number {
  if (meter === 'PRODUCTS') return standing.products;
  if (meter === 'MEMBERS') return standing.members;
  return (period === 'DAY' ? counted?.today : counted?.month) ?? 0;
}

function endOf(period: MeterPeriod, today: string): Date | null {
  const [year = 0, month = 1, day = 1] = today.split('-').map(Number);
  if (period === 'DAY') return new Date(Date.UTC(year, month - 1, day + 1));
  return period === 'MONTH' ? new Date(Date.UTC(year, month, 1)) : null;
}

/** The last `days` days up to `today`, zeros included, the oldest first. */
export function fillDays(rows: readonly DayOfUse[], days: number, today: string): DayOfUse[] {
  const used = new Map(rows.map((row) => [row.day, row.used]));
  const last = Date.parse(today);
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(last - (days - 1 - index) * 86_400_000).toISOString().slice(0, 10);
    return { day, used: used.get(day) ?? 0 };
  });
}
