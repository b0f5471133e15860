import type { TenantTransaction } from '../../db/database.ts';
import { endOf, type Meter, type MeterPeriod, meters } from './meters.ts';
import { readCounts } from './usage.queries.ts';

/** A meter as it stands: `limit` and `remaining` are null where the plan sets none. */
export interface MeterReading {
  meter: Meter;
  period: MeterPeriod;
  used: number;
  /** Set aside for work that is under way. */
  reserved: number;
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

/** How many more people may join; null: as many as there are. */
export async function readFreeSeats(tx: TenantTransaction): Promise<number | null> {
  return (await readMeter(tx, 'MEMBERS')).remaining;
}

export async function readMeter(tx: TenantTransaction, meter: Meter): Promise<MeterReading> {
  const [reading] = await readMeters(tx, [meter]);
  if (reading === undefined) throw new Error('unnest() gave no row');
  return reading;
}

/** Meters of the tenant as they are in this transaction, in one statement. */
export async function readMeters(
  tx: TenantTransaction,
  wanted: readonly Meter[] = Object.keys(meters) as Meter[],
): Promise<MeterReading[]> {
  const counts = await readCounts(tx, { meters: wanted });
  return counts.map(({ meter: name, limit, counted, setAside, expired, today }) => {
    const meter = name as Meter;
    const period = meters[meter];
    const isLimited = limit < Number.MAX_SAFE_INTEGER;
    return {
      meter,
      period,
      used: counted - setAside,
      reserved: setAside - expired,
      limit: isLimited ? limit : null,
      remaining: isLimited ? Math.max(0, limit - counted + expired) : null,
      resetsAt: endOf(period, today),
      today,
    };
  });
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
