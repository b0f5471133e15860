import { DatabaseUnavailable } from './errors.ts';
import { runAlone } from './operation/lookup.ts';
import { Operation } from './operation/operation.ts';
import { ReadLane } from './operation/readLane.ts';
import { WriteGroups } from './operation/writeGroups.ts';
import type { OperationOptions, TenantOperation, TenantTransaction } from './transaction.ts';
import { assertKnownDriver } from './wire/clientInternals.ts';
import { ConnectionPool, type DatabaseEvent } from './wire/pool.ts';
import { StatementBook } from './wire/statementBook.ts';

export type {
  OperationOptions,
  TenantOperation,
  TenantTransaction,
} from './transaction.ts';
export type { DatabaseEvent } from './wire/pool.ts';

import type { HangUp } from './hangUp.ts';

export interface DatabaseOptions {
  /** Of the server's role, never the owner's. */
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  /** How many operations may wait for a connection, up to four light reads as one; one more is refused at once. */
  readonly maxWaiting: number;
  readonly acquireTimeoutMs: number;
  /** From the first statement to COMMIT, waiting for a connection included. */
  readonly operationTimeoutMs: number;
  /** For the answer to COMMIT or ROLLBACK, and for operations under way when the database is closed. */
  readonly closeTimeoutMs: number;
  /** Off: one statement at a time, each its own round trip. */
  readonly pipeline: boolean;
  /** Whether light reads that come together share a connection; left out: while this process is busy. */
  readonly sharesReads?: boolean | undefined;
  /** Off for PgBouncer before 1.21. */
  readonly namedStatements: boolean;
  /** For logs and metrics. */
  readonly onEvent?: (event: DatabaseEvent) => void;
}

export interface DatabaseStatistics {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
  /** Times that something was written: round trips, when each is waited for. */
  readonly flushes: number;
  /** All statements sent, BEGIN, the tenant's setting, SAVEPOINT and COMMIT included. */
  readonly statements: number;
}

export interface Database {
  /** One tenant's transaction, which opens with its first statement. */
  operation(tenantId: string, options: OperationOptions): TenantOperation;
  /**
   * Runs `work` in one tenant's transaction and commits. When `work` throws, rolls back and throws that
   * on; otherwise rejects as TenantOperation.commit does. A read answers without waiting for its COMMIT.
   */
  withTenant<T>(
    tenantId: string,
    options: OperationOptions,
    work: (tx: TenantTransaction) => Promise<T>,
  ): Promise<T>;
  /** One autocommit statement without a tenant, for the SECURITY DEFINER look-ups that come before a tenant is known. */
  lookup<R>(text: string, values: readonly unknown[]): Promise<R[]>;
  /** Rejects when the database can't be reached. */
  ping(signal?: HangUp): Promise<void>;
  readonly statistics: DatabaseStatistics;
  /** Refuses new work, lets what runs finish for closeTimeoutMs, then destroys it. */
  close(): Promise<void>;
}

/** Opens no connection yet. This is the only place that a tenant's transaction comes from. */
export function openDatabase(options: DatabaseOptions): Database {
  assertKnownDriver();
  const traffic = { flushes: 0, statements: 0 };
  const onEvent = (event: DatabaseEvent): void => {
    try {
      options.onEvent?.(event);
    } catch {
      // A logger that throws must not break a transaction half-way.
    }
  };
  const pool = new ConnectionPool(options, { traffic, onEvent });
  const book = new StatementBook({ named: options.namedStatements });
  const { poolSize, operationTimeoutMs, closeTimeoutMs, sharesReads } = options;
  const settings = { pool, book, operationTimeoutMs, closeTimeoutMs, sharesReads, onEvent };
  const ways = { groups: new WriteGroups(settings, poolSize), lane: new ReadLane(settings) };

  return {
    operation: (tenantId, how) => new Operation(tenantId, how, settings, ways),
    async withTenant(tenantId, how, work) {
      const operation = new Operation(tenantId, how, settings, ways);
      try {
        const value = await work(operation.tx);
        const committed = operation.commit();
        if (how.mode === 'write' || !operation.atRest) await committed;
        return value;
      } catch (error) {
        await operation.rollback();
        throw error;
      }
    },
    async lookup<R>(text: string, values: readonly unknown[]) {
      return (await runAlone({ text, values }, undefined, settings)) as R[];
    },
    async ping(signal) {
      const rows = await runAlone({ text: 'select 1' }, signal, settings);
      if (rows.length !== 1)
        throw new DatabaseUnavailable('CONNECTION_LOST', 'The database answered nonsense.');
    },
    get statistics() {
      return { ...pool.counts, ...traffic };
    },
    close: () => pool.close(closeTimeoutMs),
  };
}
