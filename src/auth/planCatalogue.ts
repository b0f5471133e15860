import type { Database } from '../db/database.ts';
import { listPlans, type PlanOutline } from './lookups.ts';

/** Every plan, the smallest first. */
export type ReadPlanCatalogue = () => Promise<readonly PlanOutline[]>;

/** Plans change by hand, and who is refused can wait for one second more to hear of it. */
const cacheMilliseconds = 1_000;

/**
 * What refusals name: which plans have something. Kept for a second, so that a flood of refused requests is
 * no flood of statements, and asked for once by however many at a time.
 */
export function createPlanCatalogue(database: Database): ReadPlanCatalogue {
  let known: { readonly plans: Promise<readonly PlanOutline[]>; readonly since: number } | null =
    null;
  return () => {
    const now = performance.now();
    if (known !== null && now - known.since < cacheMilliseconds) return known.plans;
    const plans = listPlans(database);
    const asked = { plans, since: now };
    known = asked;
    plans.catch(() => {
      if (known === asked) known = null;
    });
    return plans;
  };
}
