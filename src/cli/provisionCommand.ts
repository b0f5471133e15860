import { Command } from 'commander';
import { scopes } from '../auth/permissions.ts';
import { provisionTenant } from '../features/operators/provisionTenant.ts';
import { encodeId } from '../lib/ids.ts';
import { operator, withPlatform } from './onDatabase.ts';
import { printJson } from './print.ts';

interface ProvisionFlags {
  name: string;
  owner: string;
  ownerName?: string;
  plan?: string;
  samples: boolean;
  scope?: string[];
  keyName: string;
  json?: true;
}

/** `provision SLUG`: a tenant with its owner, and a key if one is asked for. */
export function provisionCommand(): Command {
  return new Command('provision')
    .description(
      'Make a business with its owner, settings and plan; run again, it makes no second one.',
    )
    .argument('<slug>', 'its name in addresses: small letters, digits, single dashes')
    .requiredOption('--name <name>', 'what it is called')
    .requiredOption('--owner <e-mail>', 'its first owner; somebody new sets a password by mail')
    .option('--owner-name <name>', 'what the owner is called, if nobody knows them yet')
    .option('--plan <code>', 'its plan (default: the smallest)', (text) => text.toUpperCase())
    .option('--no-samples', 'begin without sample products')
    .option('--scope <scope...>', `also make a key that may do this: ${scopes.join(', ')}`)
    .option('--key-name <name>', 'what the key is for', 'Provisioning')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nThe secret of a key is printed on stdout, once. When the business was there already no key is made:\nuse "tenantry keys create".',
    )
    .action(runProvision);
}

async function runProvision(slug: string, flags: ProvisionFlags): Promise<void> {
  const { name, owner, ownerName, plan, samples, scope, keyName, json } = flags;
  const { tenantId, created, secret } = await withPlatform(({ database, operators }) =>
    provisionTenant(
      {
        asServer: (id, work) => database.withTenant(id, { mode: 'write' }, work),
        asOperator: (id, work) => operators.withTenant(id, { mode: 'write' }, work),
      },
      operator(),
      {
        ...{ slug, name, ownerEmail: owner, ownerName, plan, sampleProducts: samples },
        apiKey: scope === undefined ? null : { name: keyName, scopes: scope },
      },
    ),
  );
  const id = encodeId('Tenant', tenantId);
  if (json) return printJson({ id, slug, created, secret });
  const said = created
    ? `Made "${name}" (${slug}, ${id}) for ${owner}.\n`
    : `"${name}" (${slug}, ${id}) was there already; nothing was made.\n`;
  if (secret === null) {
    process.stdout.write(said);
    return;
  }
  process.stderr.write(`${said}The secret of its key, which is not kept:\n`);
  process.stdout.write(`${secret}\n`);
}
