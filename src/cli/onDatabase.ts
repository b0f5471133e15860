import { Option } from 'commander';
import { createLogger, type Logger } from '../app/logger.ts';
import { openOperators } from '../app/openOperators.ts';
import { openWorkplace, type Workplace } from '../app/workplace.ts';
import { findTenant, type TenantSummary } from '../auth/lookups.ts';
import { permissions } from '../auth/permissions.ts';
import type { Actor } from '../auth/principal.ts';
import { type Config, loadConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { OperatorDatabase } from '../db/operatorDatabase.ts';
import { findTenantBySlug } from '../features/operators/operatorTenants.queries.ts';
import type { Tenant } from '../features/tenants/tenants.queries.ts';
import { newId } from '../lib/ids.ts';
import { CommandFailed } from './commandFailed.ts';

/** Runs a command's work on the database that the environment names, beside a server or without one. */
export function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  return withWorkplace(({ database }) => work(database));
}

async function withWorkplace<T>(
  work: (workplace: Workplace, config: Config, logger: Logger) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  // The server's usual "info" would stand between a progress bar and what the command says.
  const logger = createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const workplace = await openWorkplace(config, logger);
  try {
    return await work(workplace, config, logger);
  } finally {
    await workplace.close();
  }
}

export interface Platform {
  /** The server's role, which acts within one tenant. */
  readonly database: Database;
  /** The operator's role, which sees all of them. */
  readonly operators: OperatorDatabase;
  readonly config: Config;
}

/** The same for what only an operator may: the role tenantry_operator is needed too. */
export function withPlatform<T>(work: (platform: Platform) => Promise<T>): Promise<T> {
  return withWorkplace(async ({ database, operatorUrl }, config, logger) => {
    if (operatorUrl === undefined) {
      throw new CommandFailed(
        'This needs the role tenantry_operator: set OPERATOR_DATABASE_URL, or DATABASE_URL with a password.',
      );
    }
    const operators = openOperators(operatorUrl, config, logger);
    try {
      await operators.requireOwnRole();
      return await work({ database, operators, config });
    } finally {
      await operators.close();
    }
  });
}

/** The same for one business, as operators see it: also while it is being deleted. */
export function withTenantRow<T>(
  slug: string,
  work: (tenant: Tenant, platform: Platform) => Promise<T>,
): Promise<T> {
  return withPlatform(async (platform) => {
    const [tenant] = await platform.operators.read((tx) => findTenantBySlug(tx, { slug }));
    if (tenant === undefined) throw new CommandFailed(`There is no business "${slug}".`);
    return work(tenant, platform);
  });
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
