import { Option } from 'commander';
import { createLogger } from '../app/logger.ts';
import { openWorkplace } from '../app/workplace.ts';
import { findTenant, type TenantSummary } from '../auth/lookups.ts';
import { permissions } from '../auth/permissions.ts';
import type { Actor } from '../auth/principal.ts';
import { loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { newId } from '../lib/ids.ts';
import { CommandFailed } from './commandFailed.ts';

/** Runs a command's work on the database that the environment names, beside a server or without one. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const config = loadConfig();
  // The server's usual "info" would stand between a progress bar and what the command says.
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel;
  const workplace = await openWorkplace(config, createLogger(level));
  try {
    return await work(workplace.database);
  } finally {
    await workplace.close();
  }
}

/** The same for one business, which has to exist. */
export function withTenantOf<T>(
  slug: string,
  work: (database: Database, tenant: TenantSummary) => Promise<T>,
): Promise<T> {
  return withDatabase(async (database) => work(database, await findBusiness(database, slug)));
}

/** Throws CommandFailed when there is none of this slug. */
export async function findBusiness(database: Database, slug: string): Promise<TenantSummary> {
  const tenant = await findTenant(database, 'SLUG', slug);
  if (tenant !== null) return tenant;
  throw new CommandFailed(
    `There is no business "${slug}" in this database (DATABASE_URL, or the embedded one in DATA_DIR). The demo's, lumen and harbor, are made by "npm start" in an embedded one and by "npm run db:seed" in any.`,
  );
}

export const tenantOption = (): Option =>
  new Option('--tenant <slug>', 'the business, by its slug').makeOptionMandatory();

/** Whoever runs the command, as the audit log shows them. They may do everything. */
export function operator(): Actor {
  return {
    kind: 'OPERATOR',
    id: null,
    name: 'Command line',
    memberId: null,
    permissions: new Set(permissions),
    requestId: newId(),
    ip: null,
    userAgent: null,
  };
}
