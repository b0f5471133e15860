import { Command, InvalidArgumentError, Option } from 'commander';
import { pageRules } from '../db/query/keyset.ts';
import type { TenantStatus } from '../db/tables/tenants.ts';
import {
  findHealth,
  findTenantPage,
  tenantOrder,
} from '../features/operators/operatorTenants.queries.ts';
import { makeCursor, maximumPageSize, readPage, toConnection } from '../lib/pagination.ts';
import { withPlatform, withTenantRow } from './onDatabase.ts';
import { dayOf, describeFields, printJson, shownTenant } from './print.ts';
import { describeTable } from './printTable.ts';

interface ListFlags {
  search?: string;
  status?: TenantStatus;
  plan?: string;
  limit: number;
  after?: string;
  json?: true;
}

const tenantStatuses: readonly TenantStatus[] = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'DELETING'];

/** `list`: businesses, the newest first, a page at a time. */
export function listCommand(): Command {
  return new Command('list')
    .description('Show the businesses, the newest first.')
    .option('--search <text>', 'part of a name, a slug or a domain')
    .addOption(
      new Option('--status <status>', 'only these')
        .choices(tenantStatuses.map((status) => status.toLowerCase()))
        .argParser(readStatus),
    )
    .option('--plan <code>', 'only those with this plan', (text) => text.toUpperCase())
    .option('--limit <count>', `how many, at most ${maximumPageSize}`, readLimit, 50)
    .option('--after <cursor>', 'go on from where the last page ended')
    .option('--json', 'print them as JSON: { tenants, next }')
    .action(runList);
}

function readStatus(text: string): TenantStatus {
  const found = tenantStatuses.find((status) => status === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It is one of ${tenantStatuses.join(', ').toLowerCase()}.`);
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= maximumPageSize) return limit;
  throw new InvalidArgumentError(`It is a number from 1 to ${maximumPageSize}.`);
}

async function runList({ limit, after, json, ...filter }: ListFlags): Promise<void> {
  const page = readPage({ first: limit, after }, pageRules(tenantOrder, limit));
  const { edges, pageInfo } = await withPlatform(async ({ operators }) =>
    toConnection(
      await operators.read((tx) => findTenantPage(tx, filter, page)),
      page,
      ({ createdAt, id }) => makeCursor(tenantOrder.sort, [createdAt, id]),
    ),
  );
  const tenants = edges.map(({ node }) => shownTenant(node));
  const next = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  if (json) return printJson({ tenants, next });
  const rows = tenants.map(({ slug, name, status, plan, createdAt }) => [
    ...[slug, status, plan, dayOf(createdAt), name],
  ]);
  process.stdout.write(describeTable(['SLUG', 'STATUS', 'PLAN', 'SINCE', 'NAME'], rows));
  if (next !== null) process.stderr.write(`There are more: --after ${next}\n`);
}

/** `show SLUG`: one business, and how it is doing. */
export function showCommand(): Command {
  return new Command('show')
    .description('Show one business, and how it is doing.')
    .argument('<slug>', 'the business, by its slug')
    .option('--json', 'print it as JSON')
    .action((slug: string, { json }: { json?: true }) =>
      withTenantRow(slug, async (tenant, { operators }) => {
        const [health] = await operators.read((tx) => findHealth(tx, { ids: [tenant.id] }));
        if (health === undefined) throw new Error('the business is gone');
        const { id: _same, ...standing } = health;
        const shown = shownTenant(tenant);
        if (json) return printJson({ ...shown, health: standing });
        const { createdAt, purgeAt, domain, ...texts } = shown;
        process.stdout.write(
          describeFields({
            ...texts,
            domain,
            since: dayOf(createdAt),
            ...(purgeAt === null ? {} : { 'purged from': purgeAt }),
            'last activity': standing.lastActivityAt?.toISOString() ?? null,
            members: standing.members,
            products: standing.products,
            'requests today': standing.requestsToday,
            'requests this month': standing.requestsThisMonth,
            'messages this month': standing.messagesThisMonth,
            'conversations this month': standing.conversationsThisMonth,
            'settings version': standing.settingsVersion,
          }),
        );
      }),
    );
}
