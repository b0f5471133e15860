import type DataLoader from 'dataloader';
import type { OperatorRealm, OperatorSession } from '../../auth/operatorSignIn.ts';
import { permissions } from '../../auth/permissions.ts';
import type { Actor, RequestFacts } from '../../auth/principal.ts';
import type { Database } from '../../db/database.ts';
import type { HangUp } from '../../db/hangUp.ts';
import type { OperatorDatabase } from '../../db/operatorDatabase.ts';
import type { TenantOperation, TenantTransaction } from '../../db/transaction.ts';
import { PublicError, Refusal } from '../../lib/errors.ts';
import type { Settled } from '../userErrors.ts';

export interface OperatorServices {
  readonly database: OperatorDatabase;
  /** The server's role, for what a tenant does by itself: to begin. */
  readonly serving: Database;
  readonly realm: OperatorRealm;
}

/** One operation of an operator: who asks, and its transaction. */
export class OperatorContext {
  readonly services: OperatorServices;
  readonly request: RequestFacts;
  readonly loaders = new Map<object, DataLoader<string, unknown>>();
  readonly #session: OperatorSession | null;
  readonly #signal: HangUp;
  #operation: TenantOperation | null = null;

  constructor(
    services: OperatorServices,
    asked: { session: OperatorSession | null; request: RequestFacts; signal: HangUp },
  ) {
    this.services = services;
    this.request = asked.request;
    this.#session = asked.session;
    this.#signal = asked.signal;
  }

  /** Throws unless an operator is signed in. */
  requireSignIn(): OperatorSession {
    if (this.#session === null) {
      throw new PublicError('UNAUTHENTICATED', 'Sign in as an operator: mutation operatorSignIn.');
    }
    return this.#session;
  }

  get actor(): Actor {
    const { operator } = this.requireSignIn();
    return {
      kind: 'OPERATOR',
      id: operator.id,
      name: operator.name,
      memberId: null,
      permissions: new Set(permissions),
      ...this.request,
    };
  }

  /** The transaction of the mutation's tenant, or a read across tenants. */
  get tx(): TenantTransaction {
    this.requireSignIn();
    this.#operation ??= this.services.database.acrossTenants(this.#signal);
    return this.#operation.tx;
  }

  /**
   * Runs the operation's one mutation field in its tenant's transaction, which the executor commits
   * when the whole answer has no error. A Refusal rolls it back and becomes `userErrors`.
   */
  async settle<Value>(
    tenantId: string,
    work: (tx: TenantTransaction) => Promise<Value>,
  ): Promise<Settled<Value>> {
    this.requireSignIn();
    const operation = this.services.database.inTenant(tenantId, {
      mode: 'write',
      signal: this.#signal,
    });
    this.#operation = operation;
    try {
      return { value: await work(operation.tx), userErrors: [] };
    } catch (error) {
      this.#operation = null;
      await operation.rollback();
      if (error instanceof Refusal) return { value: null, userErrors: error.issues };
      throw error;
    }
  }

  /** Commits what was opened; rejects when that failed, and then nothing was changed. */
  async commit(): Promise<void> {
    await this.#operation?.commit();
  }

  async rollback(): Promise<void> {
    await this.#operation?.rollback();
  }
}
