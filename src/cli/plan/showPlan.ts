import { listPlans } from '../../auth/lookups.ts';
import { findOverrides } from '../../features/plans/overrides.queries.ts';
import { findScheduledChange, findStanding } from '../../features/plans/plans.queries.ts';
import { readMeters } from '../../features/usage/usage.ts';
import { withTenantRow } from '../onDatabase.ts';
import { printJson } from '../print.ts';
import { describeTable } from '../printTable.ts';

/** `plan show SLUG` */
export function showPlan(slug: string, { json }: { json?: true }): Promise<void> {
  return withTenantRow(slug, async ({ id, plan: code }, { database }) => {
    const [[standing], readings, overrides, [scheduled]] = await database.withTenant(
      id,
      { mode: 'read' },
      (tx) =>
        Promise.all([findStanding(tx), readMeters(tx), findOverrides(tx), findScheduledChange(tx)]),
    );
    const plan = (await listPlans(database)).find((each) => each.code === code);
    const features = standing?.features ?? [];
    const meters = readings.map(({ today: _today, ...reading }) => reading);
    const agreed = overrides.map(({ tenantId: _same, ...override }) => override);
    const next = scheduled ? { plan: scheduled.plan, effectiveAt: scheduled.effectiveAt } : null;
    if (json) {
      const shown = { plan: code, name: plan?.name, features, meters };
      return printJson({ ...shown, overrides: agreed, scheduled: next });
    }
    const rows = meters.map(({ meter, used, limit, resetsAt }) => [
      ...[meter, String(used), limit === null ? 'no limit' : String(limit)],
      resetsAt?.toISOString() ?? '-',
    ]);
    const lines = agreed.map(
      ({ kind, code: what, limit, granted, reason, expiresAt, isActive }) => [
        what,
        kind === 'LIMIT' ? (limit === null ? 'no limit' : String(limit)) : grantedText(granted),
        isActive ? (expiresAt ?? '-') : 'over',
        reason,
      ],
    );
    process.stdout.write(
      [
        `${slug} is on plan ${code} (${plan?.name}); features: ${features.join(', ') || 'none'}.\n`,
        next === null ? '' : `It goes to plan ${next.plan} on ${next.effectiveAt}.\n`,
        describeTable(['METER', 'USED', 'LIMIT', 'RESETS'], rows),
        lines.length === 0 ? '' : `\n${describeTable(['AGREED', 'AS', 'UNTIL', 'WHY'], lines)}`,
      ].join(''),
    );
  });
}

const grantedText = (granted: boolean | null): string => (granted ? 'granted' : 'withheld');
