import { Command } from 'commander';
import { cancelTenantPlanChange, changeTenantPlan } from '../../features/plans/tenantPlan.ts';
import { findOwnTenant } from '../../features/tenants/tenants.queries.ts';
import { operator, withTenantRow } from '../onDatabase.ts';
import { printJson, shownTenant } from '../print.ts';
import { overrideCommand } from './overrideCommand.ts';
import { showPlan } from './showPlan.ts';

interface Flags {
  json?: true;
}

interface ChangeFlags extends Flags {
  atPeriodEnd?: true;
  force?: true;
}

/** `plan show | change | cancel | override` */
export function planCommand(): Command {
  const show = new Command('show')
    .description("Show a business's plan, with what it allows, what is used and what was agreed.")
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print it as JSON')
    .action(showPlan);
  const change = new Command('change')
    .description('Move a business to another plan; one on trial becomes a customer.')
    .argument('<slug>', 'the business, by its slug')
    .argument('<plan>', 'the code of the plan, such as PREMIUM')
    .option('--at-period-end', 'on the first of the next month, if what is there fits by then')
    .option('--force', 'at once also where more is used than the plan allows')
    .option('--json', 'print the business as JSON')
    .action(changePlan);
  const cancel = new Command('cancel')
    .description('Cancel the change of plan that is scheduled.')
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print the business as JSON')
    .action(cancelChange);
  return new Command('plan')
    .description('What a business may use.')
    .addCommand(show)
    .addCommand(change)
    .addCommand(cancel)
    .addCommand(overrideCommand());
}

function changePlan(slug: string, code: string, flags: ChangeFlags): Promise<void> {
  return withTenantRow(slug, async ({ id }, { operators }) => {
    const plan = code.toUpperCase();
    const choice = {
      ...{ plan, force: flags.force === true },
      effective: flags.atPeriodEnd ? ('PERIOD_END' as const) : ('NOW' as const),
    };
    const { made, tenant } = await operators.withTenant(id, { mode: 'write' }, async (tx) => ({
      made: await changeTenantPlan(tx, operator(), choice),
      tenant: (await findOwnTenant(tx))[0],
    }));
    if (flags.json && tenant) return printJson({ ...shownTenant(tenant), change: made });
    if (made.previousPlan === plan) {
      process.stdout.write(
        `${slug} is on ${plan} already, and nothing was changed; "plan cancel" ends what is scheduled.\n`,
      );
      return;
    }
    const when = flags.atPeriodEnd
      ? `goes to plan ${plan} on ${made.effectiveAt}`
      : `is on ${plan}`;
    const lost = made.lostFeatures.length > 0 ? `It loses ${made.lostFeatures.join(', ')}.\n` : '';
    const beyond = made.exceeded.map(
      ({ meter, used, limit }) => `${meter}: ${used} are used and ${plan} allows ${limit}.\n`,
    );
    process.stdout.write(
      `${slug} ${when}; it was on ${made.previousPlan}.\n${lost}${beyond.join('')}`,
    );
  });
}

function cancelChange(slug: string, { json }: Flags): Promise<void> {
  return withTenantRow(slug, async ({ id }, { operators }) => {
    const tenant = await operators.withTenant(id, { mode: 'write' }, (tx) =>
      cancelTenantPlanChange(tx, operator()),
    );
    if (json) return printJson(shownTenant(tenant));
    process.stdout.write(`${slug} stays on plan ${tenant.plan}.\n`);
  });
}
