import { announceIdentityChange } from '../../auth/identityChanges.ts';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import { Refusal, refuse } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { type AuditEntry, recordAudit } from '../audit/audit.ts';
import { lockTenant } from '../members/acting.ts';
import { lockOwnTenant, type Tenant } from '../tenants/tenants.queries.ts';
import { type Meter, meters } from '../usage/meters.ts';
import {
  cancelPlanAsOwner,
  changePlanAsOwner,
  findPlans,
  findScheduledChange,
  finishPlanChange,
  schedulePlanAsOwner,
} from './plans.queries.ts';
import { lastingExcess, type PlanProspect, readProspect } from './prospect.ts';

export const planChangeErrorCodes = {
  PLAN_UNKNOWN: 'There is no plan with this code.',
  PLAN_NOT_OFFERED: 'The plan is agreed with an operator of the platform, and not chosen.',
  PLAN_CURRENT: 'The business is on this plan already.',
  EXCEEDS_PLAN: 'More is used than the plan allows; the message says of what.',
  ROLE_TOO_LOW: 'Only an owner of the business may do this.',
  NOTHING_SCHEDULED: 'No change of plan is scheduled.',
} as const;

export type PlanChangeTime = 'NOW' | 'PERIOD_END';

export interface PlanChoice {
  readonly plan: string;
  readonly effective: PlanChangeTime;
}

/** A change as it was made or scheduled. */
export interface PlanChange extends Omit<PlanProspect, 'selfService' | 'now' | 'periodEnd'> {
  readonly effectiveAt: string;
}

/**
 * An owner's choice of a plan, in effect at once or at the end of the month (UTC, the database's clock),
 * instead of what was scheduled before. At once only what fits: what is used beyond the new plan's limits is
 * refused with EXCEEDS_PLAN. At the end it is looked at again, see applyDueChange. Changes of one business go
 * one after the other. Refuses as planChangeErrorCodes say.
 */
export async function changePlan(
  tx: TenantTransaction,
  actor: Actor,
  choice: PlanChoice,
): Promise<PlanChange> {
  const tenant = await lockTenant(tx);
  const prospect = await requirePlan(tx, choice.plan);
  if (choice.plan === tenant.plan) {
    const message = 'The business is on it already; a change that is scheduled can be cancelled.';
    refuse('PLAN_CURRENT', ['input', 'plan'], message);
  }
  if (!prospect.selfService) {
    const message = 'Ask an operator of the platform for this plan: its limits are agreed.';
    refuse('PLAN_NOT_OFFERED', ['input', 'plan'], message);
  }
  if (choice.effective === 'NOW') requireFit(prospect);
  const write = choice.effective === 'NOW' ? changePlanAsOwner : schedulePlanAsOwner;
  if (!(await write(tx, actor.id ?? '', choice.plan))) refuseRole();
  return noteChange(tx, actor, tenant, prospect, choice.effective);
}

/**
 * Keeps the plan that the business has, if the change to `plan` is what is scheduled: somebody else may
 * have scheduled another. Refuses with NOTHING_SCHEDULED.
 */
export async function cancelPlanChange(
  tx: TenantTransaction,
  actor: Actor,
  plan: string,
): Promise<string> {
  const tenant = await lockTenant(tx);
  const [scheduled] = await findScheduledChange(tx);
  if (scheduled?.plan !== plan) {
    refuse('NOTHING_SCHEDULED', ['input', 'plan'], 'No change to this plan is scheduled.');
  }
  if ((await cancelPlanAsOwner(tx, actor.id ?? '')) === null) refuseRole();
  await noteCancellation(tx, actor, tenant, plan);
  return plan;
}

/**
 * Applies what is due, by whichever server comes first; null: nothing is. What does not fit then is given
 * up: the business stays on its plan, for to cut off what it has would harm it more, and its audit log says
 * so. Only what is there counts: what is counted by day or month begins anew with the period.
 */
export async function applyDueChange(
  tx: TenantTransaction,
): Promise<{ readonly applied: boolean; readonly plan: string } | null> {
  const [tenant] = await lockOwnTenant(tx);
  const [scheduled] = await findScheduledChange(tx);
  if (tenant === undefined || scheduled === undefined || !scheduled.isDue) return null;
  const { plan } = scheduled;
  const prospect = await readProspect(tx, plan);
  const exceeded = lastingExcess(prospect?.exceeded ?? []);
  const applied = exceeded.length === 0;
  if (!(await finishPlanChange(tx, applied))) return null;
  const after = applied ? { plan } : { plan: tenant.plan, refused: plan, exceeded };
  await note(tx, platform(), applied ? 'tenant.planChanged' : 'tenant.planChangeRefused', {
    before: { plan: tenant.plan, scheduledPlan: plan },
    after: { ...after, scheduledPlan: null },
  });
  return { applied, plan };
}

/** Refuses with PLAN_UNKNOWN. */
export async function requirePlan(tx: TenantTransaction, plan: string): Promise<PlanProspect> {
  const prospect = await readProspect(tx, plan);
  if (prospect !== null) return prospect;
  const codes = (await findPlans(tx)).map(({ code }) => code);
  return refuse('PLAN_UNKNOWN', ['input', 'plan'], `It is one of ${codes.join(', ')}.`);
}

/** Refuses with EXCEEDS_PLAN, once for each meter. */
export function requireFit({ exceeded, plan }: PlanProspect): void {
  if (exceeded.length === 0) return;
  throw new Refusal(
    exceeded.map(({ meter, used, limit }) => ({
      code: 'EXCEEDS_PLAN',
      field: ['input', 'plan'],
      message: `${meter}: ${used} are used and ${plan} allows ${limit}. ${wayOut(meter)} the change wait for the end of the period.`,
    })),
  );
}

/** What was used of a day or a month cannot be taken back. */
const wayOut = (meter: Meter): string => (meters[meter] === 'NONE' ? 'Reduce them, or let' : 'Let');

function refuseRole(): never {
  refuse('ROLE_TOO_LOW', null, 'Only an owner of the business may do this.');
}

/** Tells every server, and writes it down. */
export async function noteChange(
  tx: TenantTransaction,
  actor: Actor,
  { plan: previous, status }: Tenant,
  { now: moment, periodEnd, selfService: _offered, ...prospect }: PlanProspect,
  effective: PlanChangeTime,
  how: Readonly<Record<string, unknown>> = {},
): Promise<PlanChange> {
  const { plan, exceeded, lostFeatures } = prospect;
  const now = effective === 'NOW';
  await note(tx, actor, now ? 'tenant.planChanged' : 'tenant.planChangeScheduled', {
    before: { plan: previous, ...(now && status === 'TRIAL' && { status }) },
    after: {
      ...(now ? { plan } : { scheduledPlan: plan, effectiveAt: periodEnd }),
      ...(now && status === 'TRIAL' && { status: 'ACTIVE' }),
      ...(exceeded.length > 0 && { exceeded }),
      ...(lostFeatures.length > 0 && { lostFeatures }),
      ...how,
    },
  });
  return { ...prospect, effectiveAt: now ? moment : periodEnd };
}

/** What came to nothing, for the business is on the plan already. */
export function noChange({
  now,
  periodEnd: _later,
  selfService: _offered,
  ...prospect
}: PlanProspect): PlanChange {
  return { ...prospect, effectiveAt: now };
}

export const noteCancellation = (
  tx: TenantTransaction,
  actor: Actor,
  { plan }: Tenant,
  scheduledPlan: string,
): Promise<void> =>
  note(tx, actor, 'tenant.planChangeCancelled', {
    before: { plan, scheduledPlan },
    after: { plan, scheduledPlan: null },
  });

async function note(
  tx: TenantTransaction,
  actor: Actor,
  action: string,
  changes: Pick<AuditEntry, 'before' | 'after'>,
): Promise<void> {
  await Promise.all([
    announceIdentityChange(tx, tx.tenantId),
    recordAudit(tx, actor, { action, targetType: 'Tenant', targetId: tx.tenantId, ...changes }),
  ]);
}

/** Nobody asks when a change is due. */
const platform = (): Actor => ({
  kind: 'SYSTEM',
  id: null,
  name: 'Tenantry',
  memberId: null,
  permissions: new Set(),
  requestId: newId(),
  ip: null,
  userAgent: null,
});
