import { Command } from 'commander';
import type { Actor } from '../auth/principal.ts';
import type { TenantTransaction } from '../db/database.ts';
import {
  reactivateTenant,
  restoreDeletedTenant,
  suspendTenant,
} from '../features/tenants/tenantStatus.ts';
import type { Tenant } from '../features/tenants/tenants.queries.ts';
import { operator, withTenantRow } from './onDatabase.ts';
import { printJson, shownTenant } from './print.ts';

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
