import { Command, InvalidArgumentError } from 'commander';
import type { Actor } from '../../auth/principal.ts';
import type { TenantTransaction } from '../../db/database.ts';
import type { Override } from '../../features/plans/overrides.queries.ts';
import { overrideFeature, overrideLimit, removeOverride } from '../../features/plans/overrides.ts';
import { meters } from '../../features/usage/meters.ts';
import { readExpiry } from '../expiry.ts';
import { operator, withTenantRow } from '../onDatabase.ts';
import { printJson } from '../print.ts';

interface Flags {
  json?: true;
}

interface AgreementFlags extends Flags {
  reason: string;
  expires?: Date;
}

/** `plan override limit | grant | withhold | remove`: what the mutations of the operators' API do, by the same rules. */
export function overrideCommand(): Command {
  const limit = agreement('limit', 'Give a business another limit of a meter than its plan’s.')
    .argument('<meter>', `the meter: ${Object.keys(meters).join(', ')}`)
    .argument('<limit>', 'the most in its period, or "unlimited"', readLimit)
    .action((slug: string, meter: string, most: number | null, flags: AgreementFlags) =>
      change(slug, flags, (tx, actor) =>
        overrideLimit(tx, actor, { meter: meter.toUpperCase(), limit: most, ...agreed(flags) }),
      ),
    );
  const remove = new Command('remove')
    .description('Leave a meter or a feature to the plan again.')
    .argument('<slug>', 'the business, by its slug')
    .argument('<code>', 'the meter or the feature')
    .option('--json', 'print what was removed as JSON')
    .action((slug: string, text: string, flags: Flags) => {
      const code = text.toUpperCase();
      const kind = code in meters ? 'LIMIT' : 'FEATURE';
      return change(slug, flags, (tx, actor) => removeOverride(tx, actor, kind, code));
    });
  return new Command('override')
    .description('What is agreed with a business beside its plan; it outlives a change of plan.')
    .addCommand(limit)
    .addCommand(featureCommand('grant', 'Give a business a feature that its plan lacks.', true))
    .addCommand(
      featureCommand('withhold', 'Take a feature from a business that its plan has.', false),
    )
    .addCommand(remove);
}

const agreement = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<slug>', 'the business, by its slug')
    .requiredOption('--reason <text>', 'why; it is in its audit log, which its owners read')
    .option('--expires <when>', 'after 90d, 12h or 4w, or on a date such as 2027-01-31', (text) =>
      readExpiry(text, new Date()),
    )
    .option('--json', 'print it as JSON');

const featureCommand = (name: string, description: string, granted: boolean): Command =>
  agreement(name, description)
    .argument('<feature>', 'the feature, such as CUSTOM_DOMAIN')
    .action((slug: string, feature: string, flags: AgreementFlags) =>
      change(slug, flags, (tx, actor) =>
        overrideFeature(tx, actor, { feature: feature.toUpperCase(), granted, ...agreed(flags) }),
      ),
    );

const agreed = ({ reason, expires }: AgreementFlags) => ({ reason, expiresAt: expires ?? null });

function readLimit(text: string): number | null {
  if (text.toLowerCase() === 'unlimited') return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number, or "unlimited".');
}

function change(
  slug: string,
  { json }: Flags,
  rule: (tx: TenantTransaction, actor: Actor) => Promise<Override>,
): Promise<void> {
  return withTenantRow(slug, async ({ id }, { operators }) => {
    const { tenantId: _same, ...override } = await operators.withTenant(
      id,
      { mode: 'write' },
      (tx) => rule(tx, operator()),
    );
    if (json) return printJson(override);
    process.stdout.write(`Done; "tenantry plan show ${slug}" says what it comes to.\n`);
  });
}
