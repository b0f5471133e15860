import { eq, sql } from 'drizzle-orm';
import type { TenantTransaction } from '../../db/database.ts';
import { prepare, tenant } from '../../db/query/prepare.ts';
import { features } from '../../db/tables/features.ts';
import { plans } from '../../db/tables/plans.ts';
import { scheduledPlanChanges } from '../../db/tables/scheduledPlanChanges.ts';
import { tenants } from '../../db/tables/tenants.ts';

type Limits = Readonly<Record<string, number>>;

/** The smallest first. */
export const findPlans = prepare((db) => db.select().from(plans).orderBy(plans.position));

/** No row: there is no such feature. */
export const findFeature = prepare((db) =>
  db
    .select()
    .from(features)
    .where(eq(features.code, sql.placeholder('code'))),
);

/** What the tenant has now: app.tenant_standing(). */
export const findStanding = prepare((db) =>
  db
    .select({
      plan: sql<string>`standing.plan`,
      limits: sql<Limits>`standing.limits`,
      features: sql<string[]>`standing.features`,
    })
    .from(sql`app.tenant_standing(${tenant}) standing`),
);

/**
 * What the tenant has now and would have on another plan, and when its period ends. No row: there is no
 * such plan.
 */
export const findProspect = prepare((db) =>
  db
    .select({
      previousPlan: sql<string>`now.plan`,
      features: sql<string[]>`now.features`,
      plan: plans.code,
      selfService: plans.selfService,
      newLimits: sql<Limits>`next.limits`,
      newFeatures: sql<string[]>`next.features`,
      now: sql<Date>`now()`,
      periodEnd: sql<Date>`app.period_end()`,
    })
    .from(plans)
    .innerJoin(sql`app.tenant_standing(${tenant}) now`, sql`true`)
    .innerJoin(sql`app.plan_standing(${tenant}, ${sql.placeholder('plan')}) next`, sql`true`)
    .where(eq(plans.code, sql.placeholder('plan'))),
);

/** What is scheduled, and whether its time has come. */
export const findScheduledChange = prepare((db) =>
  db
    .select({
      plan: scheduledPlanChanges.plan,
      effectiveAt: scheduledPlanChanges.effectiveAt,
      createdAt: scheduledPlanChanges.createdAt,
      isDue: sql<boolean>`${scheduledPlanChanges.effectiveAt} <= now()`,
    })
    .from(scheduledPlanChanges)
    .where(eq(scheduledPlanChanges.tenantId, tenant)),
);

/** Of the operator's role: those of several tenants. */
export const findScheduledChanges = prepare((db) =>
  db
    .select()
    .from(scheduledPlanChanges)
    .where(sql`${scheduledPlanChanges.tenantId} = any(${sql.placeholder('ids')})`),
);

// The functions of sql/functions/plan_changes.sql: the server's role may not write what they do.

/** false: the person is no owner, or the plan is not for owners to choose. */
export async function changePlanAsOwner(
  tx: TenantTransaction,
  ownerUserId: string,
  plan: string,
): Promise<boolean> {
  const { rows } = await tx.query<{ changed: boolean }>(
    'select app.change_plan($1, $2) as changed',
    [ownerUserId, plan],
  );
  return rows[0]?.changed === true;
}

/** false: as changePlanAsOwner. */
export async function schedulePlanAsOwner(
  tx: TenantTransaction,
  ownerUserId: string,
  plan: string,
): Promise<boolean> {
  const { rows } = await tx.query<{ at: Date | null }>(
    'select app.schedule_plan_change($1, $2) as at',
    [ownerUserId, plan],
  );
  return rows[0]?.at != null;
}

/** The plan that was scheduled; null: none was, or the person is no owner. */
export async function cancelPlanAsOwner(
  tx: TenantTransaction,
  ownerUserId: string,
): Promise<string | null> {
  const { rows } = await tx.query<{ plan: string | null }>(
    'select app.cancel_plan_change($1) as plan',
    [ownerUserId],
  );
  return rows[0]?.plan ?? null;
}

/** Ends what is due, with the new plan or without. false: nothing is. */
export async function finishPlanChange(tx: TenantTransaction, apply: boolean): Promise<boolean> {
  const { rows } = await tx.query<{ finished: boolean }>(
    'select app.finish_plan_change($1) as finished',
    [apply],
  );
  return rows[0]?.finished === true;
}

// Of the operator's role, which may write the tables themselves.

/** From now on; one on trial becomes a customer. */
export async function setPlanAsOperator(tx: TenantTransaction, plan: string): Promise<void> {
  await tx.db
    .update(tenants)
    .set({
      plan,
      status: sql`case ${tenants.status} when 'TRIAL' then 'ACTIVE' else ${tenants.status} end`,
      updatedAt: sql`now()`,
    })
    .where(eq(tenants.id, tx.tenantId));
}

export async function schedulePlanAsOperator(tx: TenantTransaction, plan: string): Promise<void> {
  const row = { plan, effectiveAt: sql`app.period_end()` };
  await tx.db
    .insert(scheduledPlanChanges)
    .values({ ...row, tenantId: tx.tenantId })
    .onConflictDoUpdate({
      target: [scheduledPlanChanges.tenantId],
      set: {
        plan: sql`excluded.plan`,
        effectiveAt: sql`excluded.effective_at`,
        createdAt: sql`excluded.created_at`,
      },
    });
}

/** The plan that was scheduled; null: none was. */
export async function cancelPlanAsOperator(tx: TenantTransaction): Promise<string | null> {
  const rows = await tx.db
    .delete(scheduledPlanChanges)
    .where(eq(scheduledPlanChanges.tenantId, tx.tenantId))
    .returning({ plan: scheduledPlanChanges.plan });
  return rows[0]?.plan ?? null;
}
