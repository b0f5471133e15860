import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { refuse } from '../../lib/errors.ts';
import { requireTenant } from '../tenants/tenantStatus.ts';
import type { Tenant } from '../tenants/tenants.queries.ts';
import {
  noChange,
  noteCancellation,
  noteChange,
  type PlanChange,
  type PlanChoice,
  requireFit,
  requirePlan,
} from './planChange.ts';
import {
  cancelPlanAsOperator,
  schedulePlanAsOperator,
  setPlanAsOperator,
} from './plans.queries.ts';

// What only operators do. The transaction is one of the operator's database role with the tenant set; the
// server's role has no right to these tables, so the same call by it fails in Postgres.

/**
 * Moves a business to any plan, by the rule of changePlan; `force` moves it also where more is used than the
 * plan allows: it keeps what it has and can add nothing. Refuses with NOT_FOUND, BEING_DELETED, PLAN_UNKNOWN or
 * EXCEEDS_PLAN.
 */
export async function changeTenantPlan(
  tx: TenantTransaction,
  actor: Actor,
  { plan, effective, force }: PlanChoice & { readonly force: boolean },
): Promise<PlanChange> {
  const tenant = await requireTenant(tx);
  const prospect = await requirePlan(tx, plan);
  if (plan === tenant.plan) return noChange(prospect); // twice is once
  if (effective === 'PERIOD_END') await schedulePlanAsOperator(tx, plan);
  else {
    if (!force) requireFit(prospect);
    await setPlanAsOperator(tx, plan);
    await cancelPlanAsOperator(tx);
  }
  const forced = effective === 'NOW' && prospect.exceeded.length > 0;
  return noteChange(tx, actor, tenant, prospect, effective, forced ? { forced } : {});
}

/** Refuses with NOT_FOUND, BEING_DELETED or NOTHING_SCHEDULED. */
export async function cancelTenantPlanChange(tx: TenantTransaction, actor: Actor): Promise<Tenant> {
  const tenant = await requireTenant(tx);
  const plan = await cancelPlanAsOperator(tx);
  if (plan === null) refuse('NOTHING_SCHEDULED', null, 'No change of plan is scheduled.');
  await noteCancellation(tx, actor, tenant, plan);
  return tenant;
}
