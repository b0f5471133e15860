import { Command } from 'commander';
import type { Actor } from '../auth/principal.ts';
import type { TenantTransaction } from '../db/database.ts';
import {
  changeTenantPlan,
  reactivateTenant,
  restoreDeletedTenant,
  suspendTenant,
} from '../features/tenants/tenantStatus.ts';
import { findPlans, type Tenant } from '../features/tenants/tenants.queries.ts';
import { readMeters } from '../features/usage/usage.ts';
import { operator, withTenantRow } from './onDatabase.ts';
import { printJson, shownTenant } from './print.ts';
import { describeTable } from './printTable.ts';

interface Flags {
  json?: true;
}

/** Runs a rule in the tenant's transaction as an operator, and says how the tenant is since. */
function change(
  slug: string,
  { json }: Flags,
  rule: (tx: TenantTransaction, actor: Actor) => Promise<Tenant>,
): Promise<void> {
  return withTenantRow(slug, async ({ id }, { operators }) => {
    const changed = await operators.withTenant(id, { mode: 'write' }, (tx) => rule(tx, operator()));
    if (json) return printJson(shownTenant(changed));
    process.stdout.write(`${changed.slug} is ${changed.status}, on plan ${changed.plan}.\n`);
  });
}

/** `suspend SLUG` */
export function suspendCommand(): Command {
  return new Command('suspend')
    .description(
      'Let a business read and export, and nothing else: on every server within a second.',
    )
    .argument('<slug>', 'the business, by its slug')
    .requiredOption('--reason <text>', 'why; it is in its audit log, which its owners read')
    .option('--json', 'print the business as JSON')
    .action((slug: string, flags: Flags & { reason: string }) =>
      change(slug, flags, (tx, actor) => suspendTenant(tx, actor, flags.reason)),
    );
}

/** `reactivate SLUG` */
export function reactivateCommand(): Command {
  return new Command('reactivate')
    .description('End a suspension: on every server within a second.')
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print the business as JSON')
    .action((slug: string, flags: Flags) => change(slug, flags, reactivateTenant));
}

/** `restore SLUG` */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('Undo the deletion of a business while its grace lasts: it is as it was before.')
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print the business as JSON')
    .action((slug: string, flags: Flags) => change(slug, flags, restoreDeletedTenant));
}

/** `plan show | change` */
export function planCommand(): Command {
  const show = new Command('show')
    .description("Show a business's plan, with what it allows and what is used of it.")
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print it as JSON')
    .action(showPlan);
  const changePlan = new Command('change')
    .description('Move a business to another plan, from now on; one on trial becomes a customer.')
    .argument('<slug>', 'the business, by its slug')
    .argument('<plan>', 'the code of the plan, such as PREMIUM')
    .option('--json', 'print the business as JSON')
    .action((slug: string, plan: string, flags: Flags) =>
      change(slug, flags, (tx, actor) => changeTenantPlan(tx, actor, plan.toUpperCase())),
    );
  return new Command('plan')
    .description('What a business may use.')
    .addCommand(show)
    .addCommand(changePlan);
}

function showPlan(slug: string, { json }: Flags): Promise<void> {
  return withTenantRow(slug, async ({ id, plan: code }, { database }) => {
    const [plans, readings] = await database.withTenant(id, { mode: 'read' }, (tx) =>
      Promise.all([findPlans(tx), readMeters(tx)]),
    );
    const plan = plans.find((each) => each.code === code);
    const features = plan?.features ?? [];
    const meters = readings.map(({ today: _today, ...reading }) => reading);
    if (json) return printJson({ plan: code, name: plan?.name, features, meters });
    const rows = meters.map(({ meter, used, limit, resetsAt }) => [
      ...[meter, String(used), limit === null ? 'no limit' : String(limit)],
      resetsAt?.toISOString() ?? '-',
    ]);
    process.stdout.write(
      `${slug} is on plan ${code} (${plan?.name}); features: ${features.join(', ') || 'none'}.\n${describeTable(['METER', 'USED', 'LIMIT', 'RESETS'], rows)}`,
    );
  });
}
