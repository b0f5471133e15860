import { Command, InvalidArgumentError } from 'commander';
import { scopes } from '../auth/permissions.ts';
import type { ApiKey } from '../features/apiKeys/apiKeys.queries.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../features/apiKeys/apiKeys.ts';
import type { MadeApiKey } from '../features/apiKeys/makeApiKey.ts';
import { rotateApiKey } from '../features/apiKeys/rotateApiKey.ts';
import { decodeId, encodeId } from '../lib/ids.ts';
import { readExpiry, readPeriod } from './expiry.ts';
import { operator, tenantOption, withTenantOf } from './onDatabase.ts';
import { dayOf, printJson } from './print.ts';
import { describeTable } from './printTable.ts';

interface KeyFlags {
  tenant: string;
  json?: true;
}

interface RotateFlags extends KeyFlags {
  /** In seconds. */
  overlap?: number;
}

interface CreateFlags extends KeyFlags {
  name: string;
  scope: string[];
  expires?: Date;
}

/** `keys create | list | rotate | revoke`: what the mutations of these names do, by the same rules. */
export function keysCommand(): Command {
  const create = new Command('create')
    .description('Make a key. Its secret is printed on stdout, once, and can never be shown again.')
    .addOption(tenantOption())
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scope <scope...>', `what it may do: ${scopes.join(', ')}`)
    .option('--expires <when>', 'after 90d, 12h or 4w, or on a date such as 2027-01-31', (text) =>
      readExpiry(text, new Date()),
    )
    .option('--json', 'print the key and its secret as JSON')
    .action(createKey);
  const list = new Command('list')
    .description('Show the keys, the newest first; never their secrets.')
    .addOption(tenantOption())
    .option('--json', 'print them as JSON')
    .action(listKeys);
  const rotate = new Command('rotate')
    .description(
      'Make a key in place of another, which goes on for a while. The secret is printed once.',
    )
    .addOption(tenantOption())
    .argument('<id>', 'the id of the old one (key_…), as "keys list" shows it', readKeyId)
    .option(
      '--overlap <period>',
      'how long the old one goes on, such as 30m or 7d; 0h: not (default: 24h)',
      readPeriod,
    )
    .option('--json', 'print the new key and its secret as JSON')
    .action(rotateKey);
  const revoke = new Command('revoke')
    .description('End a key at once, on every running server.')
    .addOption(tenantOption())
    .argument('<id>', 'its id (key_…), as "keys list" shows it', readKeyId)
    .option('--json', 'print the key as JSON')
    .action(revokeKey);
  return new Command('keys')
    .description("A business's API keys.")
    .addCommand(create)
    .addCommand(list)
    .addCommand(rotate)
    .addCommand(revoke);
}

function readKeyId(text: string): string {
  const decoded = decodeId(text);
  if (decoded?.type === 'ApiKey') return decoded.uuid;
  throw new InvalidArgumentError('It is the id of a key, such as key_01h….');
}

async function createKey({ tenant, json, ...flags }: CreateFlags): Promise<void> {
  const fields = { name: flags.name, scopes: flags.scope, expiresAt: flags.expires };
  const { apiKey, secret } = await withTenantOf(tenant, (database, { id }) =>
    database.withTenant(id, { mode: 'write' }, (tx) => createApiKey(tx, operator(), fields)),
  );
  printMade({ apiKey, secret }, tenant, json);
}

async function rotateKey(id: string, { tenant, json, overlap }: RotateFlags): Promise<void> {
  const made = await withTenantOf(tenant, (database, found) =>
    database.withTenant(found.id, { mode: 'write' }, (tx) =>
      rotateApiKey(tx, operator(), id, overlap),
    ),
  );
  printMade(made, tenant, json);
}

function printMade({ apiKey, secret }: MadeApiKey, tenant: string, json?: true): void {
  if (json) return printJson({ ...shown(apiKey), secret });
  // The secret alone on stdout: `KEY=$(tenantry keys create …)` is how it gets into a vault.
  process.stderr.write(
    `${shown(apiKey).id} "${apiKey.name}" may ${apiKey.scopes.join(', ')} in ${tenant}, ${apiKey.expiresAt === null ? 'for good' : `until ${apiKey.expiresAt}`}. Its secret, which is not kept:\n`,
  );
  process.stdout.write(`${secret}\n`);
}

async function listKeys({ tenant, json }: KeyFlags): Promise<void> {
  const apiKeys = await withTenantOf(tenant, (database, { id }) =>
    database.withTenant(id, { mode: 'read' }, listApiKeys),
  );
  if (json) return printJson(apiKeys.map(shown));
  const head = ['ID', 'NAME', 'BEGINS', 'STATE', 'MADE', 'LAST USED', 'SCOPES'];
  const rows = apiKeys.map((apiKey) => [
    shown(apiKey).id,
    apiKey.name,
    apiKey.prefix,
    stateOf(apiKey),
    dayOf(apiKey.createdAt),
    apiKey.lastUsedAt === null ? 'never' : minuteOf(apiKey.lastUsedAt),
    apiKey.scopes.join(' '),
  ]);
  process.stdout.write(describeTable(head, rows));
}

async function revokeKey(id: string, { tenant, json }: KeyFlags): Promise<void> {
  const apiKey = await withTenantOf(tenant, (database, found) =>
    database.withTenant(found.id, { mode: 'write' }, (tx) => revokeApiKey(tx, operator(), id)),
  );
  if (json) return printJson(shown(apiKey));
  process.stdout.write(`${shown(apiKey).id} "${apiKey.name}": ${stateOf(apiKey)}.\n`);
}

function stateOf({ revokedAt, expiresAt, rotatedToId }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${dayOf(revokedAt)}`;
  if (rotatedToId !== null && expiresAt !== null) return `rotated, until ${minuteOf(expiresAt)}`;
  if (expiresAt === null) return 'good';
  return `${expiresAt > new Date().toISOString() ? 'good until' : 'ran out'} ${dayOf(expiresAt)}`;
}

const minuteOf = (moment: string): string => moment.slice(0, 16).replace('T', ' ');

/** As the API shows a key; its hash stays where it is. */
function shown({ id, rotatedToId, ...apiKey }: ApiKey) {
  const { name, prefix, scopes: granted, createdAt, expiresAt, revokedAt, lastUsedAt } = apiKey;
  const rotatedTo = rotatedToId === null ? null : encodeId('ApiKey', rotatedToId);
  const times = { createdAt, expiresAt, revokedAt, lastUsedAt };
  return { id: encodeId('ApiKey', id), name, prefix, scopes: granted, ...times, rotatedTo };
}
