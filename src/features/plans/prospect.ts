import type { TenantTransaction } from '../../db/database.ts';
import { type Meter, meters } from '../usage/meters.ts';
import { readMeters } from '../usage/usage.ts';
import { findProspect } from './plans.queries.ts';

/** What is used of a meter beyond what a plan allows. */
export interface PlanExcess {
  readonly meter: Meter;
  readonly used: number;
  readonly limit: number;
}

/** What a change of plan would come to. */
export interface PlanProspect {
  readonly previousPlan: string;
  readonly plan: string;
  /** Whether an owner may choose it. */
  readonly selfService: boolean;
  /** What is used beyond the plan's limits, with what was agreed beside them. */
  readonly exceeded: readonly PlanExcess[];
  /** Codes. */
  readonly lostFeatures: readonly string[];
  readonly gainedFeatures: readonly string[];
  /** The database's moment, when a change takes effect that does not wait. */
  readonly now: string;
  /** When one takes effect that waits for it. */
  readonly periodEnd: string;
}

/** null: there is no such plan. Three statements of one flush. */
export async function readProspect(
  tx: TenantTransaction,
  plan: string,
): Promise<PlanProspect | null> {
  const [[found], readings] = await Promise.all([findProspect(tx, { plan }), readMeters(tx)]);
  if (found === undefined) return null;
  const { features, newFeatures, newLimits, now, periodEnd, ...rest } = found;
  return {
    ...rest,
    now: now.toISOString(),
    periodEnd: periodEnd.toISOString(),
    exceeded: readings.flatMap(({ meter, used }) => {
      const limit = newLimits[meter];
      return limit === undefined || used <= limit ? [] : [{ meter, used, limit }];
    }),
    lostFeatures: features.filter((each) => !newFeatures.includes(each)),
    gainedFeatures: newFeatures.filter((each) => !features.includes(each)),
  };
}

/** What is still there in the next period; what is counted by day or month begins anew with it. */
export const lastingExcess = (exceeded: readonly PlanExcess[]): PlanExcess[] =>
  exceeded.filter(({ meter }) => meters[meter] === 'NONE');
