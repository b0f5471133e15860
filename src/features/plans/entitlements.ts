import type { Plan } from '../../auth/lookups.ts';
import type { PlanCatalogue } from '../../auth/planCatalogue.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { Meter } from '../usage/meters.ts';
import { type MeterReading, readMeters } from '../usage/usage.ts';
import { findOverrides, type Override } from './overrides.queries.ts';
import { findStanding } from './plans.queries.ts';

/** PLAN: it is what the plan says; OVERRIDE: what was agreed beside it; QUOTA: all of it is used. */
export type EntitlementReason = 'PLAN' | 'OVERRIDE' | 'QUOTA';

/** Whether a tenant may use something now, and why. */
export interface Entitlement {
  /** A feature or a meter; the other is null. */
  readonly feature: string | null;
  readonly meter: Meter | null;
  readonly granted: boolean;
  readonly reason: EntitlementReason;
  readonly reading: MeterReading | null;
  /** Codes of the plans that have the feature, or more of the meter than there is now. */
  readonly plans: readonly string[];
  /** When what was agreed beside the plan ends. */
  readonly expiresAt: string | null;
}

/** Every feature there is, then every meter. Four statements of one flush. */
export async function readEntitlements(
  tx: TenantTransaction,
  { plans, features }: PlanCatalogue,
): Promise<Entitlement[]> {
  const [[standing], overrides, readings] = await Promise.all([
    findStanding(tx),
    findOverrides(tx),
    readMeters(tx),
  ]);
  if (standing === undefined) return [];
  const agreed = new Map(
    overrides.filter(({ isActive }) => isActive).map((each) => [`${each.kind} ${each.code}`, each]),
  );
  return [
    ...features.map(({ code }) =>
      ofFeature(code, standing.features.includes(code), agreed.get(`FEATURE ${code}`), plans),
    ),
    ...readings.map((reading) => ofMeter(reading, agreed.get(`LIMIT ${reading.meter}`), plans)),
  ];
}

function ofFeature(
  feature: string,
  granted: boolean,
  override: Override | undefined,
  plans: readonly Plan[],
): Entitlement {
  return {
    feature,
    meter: null,
    granted,
    reason: override === undefined ? 'PLAN' : 'OVERRIDE',
    reading: null,
    plans: plans.filter((plan) => plan.features.includes(feature)).map(({ code }) => code),
    expiresAt: override?.expiresAt ?? null,
  };
}

function ofMeter(
  reading: MeterReading,
  override: Override | undefined,
  plans: readonly Plan[],
): Entitlement {
  const { meter, remaining, limit } = reading;
  const granted = remaining === null || remaining > 0;
  const source = override === undefined ? 'PLAN' : 'OVERRIDE';
  const hasMore = ({ limits }: Plan) =>
    limit !== null && (limits[meter] === undefined || limits[meter] > limit);
  return {
    feature: null,
    meter,
    granted,
    reason: granted ? source : 'QUOTA',
    reading,
    plans: plans.filter(hasMore).map(({ code }) => code),
    expiresAt: override?.expiresAt ?? null,
  };
}
