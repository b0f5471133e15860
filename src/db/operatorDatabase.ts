import { type DatabaseOptions, openDatabase } from './database.ts';
import type { HangUp } from './hangUp.ts';
import { DatabaseSetupError } from './setup/explainFailure.ts';
import { operatorRole } from './setup/serverRole.ts';
import type { OperationOptions, TenantOperation, TenantTransaction } from './transaction.ts';

/**
 * The platform operator's connections: the role tenantry_operator, whose own policies show it more
 * than one tenant. Of another type than Database on purpose: handed to code that serves a tenant, it
 * would be a way around that tenant's policies.
 */
export interface OperatorDatabase {
  /** A transaction that acts on one tenant: what it writes to an audit log goes to that tenant's. */
  inTenant(tenantId: string, options: OperationOptions): TenantOperation;
  /** Reads across tenants. */
  acrossTenants(signal?: HangUp): TenantOperation;
  /** The same as inTenant, committed when `work` is through and rolled back when it throws. */
  withTenant<T>(
    tenantId: string,
    options: OperationOptions,
    work: (tx: TenantTransaction) => Promise<T>,
  ): Promise<T>;
  /** Runs `work` in a read across tenants. */
  read<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  /** The same, where `work` adds up what it reads: rows that are no tenant's. */
  addUp<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T>;
  /** One statement in autocommit. */
  lookup<R>(text: string, values: readonly unknown[]): Promise<R[]>;
  /** Throws DatabaseSetupError unless the connections are what they are meant to be. */
  requireOwnRole(): Promise<void>;
  close(): Promise<void>;
}

/** RFC 9562's nil UUID: no tenant has it, so a read across tenants stands in none. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** Opens no connection yet. Few: operators are few, and tenants must not wait for them. */
export function openOperatorDatabase(
  options: Omit<DatabaseOptions, 'poolSize' | 'maxWaiting'>,
): OperatorDatabase {
  const database = openDatabase({ ...options, poolSize: 3, maxWaiting: 50 });
  return {
    inTenant: (tenantId, how) => database.operation(tenantId, how),
    acrossTenants: (signal) =>
      database.operation(
        nobody,
        signal === undefined ? { mode: 'read' } : { mode: 'read', signal },
      ),
    withTenant: (tenantId, how, work) => database.withTenant(tenantId, how, work),
    read: (work) => database.withTenant(nobody, { mode: 'read' }, work),
    addUp: (work) => database.withTenant(nobody, { mode: 'write' }, work),
    lookup: (text, values) => database.lookup(text, values),
    async requireOwnRole() {
      const [me] = await database.lookup<{ role: string; beyond: boolean }>(
        `select r.rolname::text as role,
           r.rolsuper or r.rolbypassrls or exists (select from pg_auth_members m where m.member = r.oid) as beyond
         from pg_roles r where r.rolname = current_user`,
        [],
      );
      if (me?.role === operatorRole && !me.beyond) return;
      throw new DatabaseSetupError(
        `OPERATOR_DATABASE_URL is expected to sign in as ${operatorRole}, which may bypass nothing and is a member of no role; it signs in as ${me?.role}.`,
      );
    },
    close: () => database.close(),
  };
}
