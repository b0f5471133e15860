import type { Database } from '../db/database.ts';
import { listFeatures, listPlans, type Plan, type PlanFeature } from './lookups.ts';

export interface PlanCatalogue {
  /** Every plan, the smallest first. */
  readonly plans: readonly Plan[];
  readonly features: readonly PlanFeature[];
}

export type ReadPlanCatalogue = () => Promise<PlanCatalogue>;

/** Plans change by hand: who reads of them can wait a second more to hear of it. */
const cacheMilliseconds = 1_000;

/**
 * What plans there are, for refusals and for whoever looks around. Kept for a second, so that a flood of
 * refused requests is no flood of statements, and asked for once by however many at a time.
 */
export function createPlanCatalogue(database: Pick<Database, 'lookup'>): ReadPlanCatalogue {
  let known: { readonly read: Promise<PlanCatalogue>; readonly since: number } | null = null;

  async function read(): Promise<PlanCatalogue> {
    const [plans, features] = await Promise.all([listPlans(database), listFeatures(database)]);
    return { plans, features };
  }

  return () => {
    const now = performance.now();
    if (known !== null && now - known.since < cacheMilliseconds) return known.read;
    const asked = { read: read(), since: now };
    known = asked;
    asked.read.catch(() => {
      if (known === asked) known = null;
    });
    return asked.read;
  };
}
