import type DataLoader from 'dataloader';
import type { Membership } from '../auth/lookups.ts';
import type { Permission } from '../auth/permissions.ts';
import { type Actor, actorOf, type Principal, type RequestFacts } from '../auth/principal.ts';
import type { SignIn } from '../auth/signIn.ts';
import type { Database, TenantOperation, TenantTransaction } from '../db/database.ts';
import { PublicError } from '../lib/errors.ts';

/** What resolvers may reach besides the transaction. */
export interface Services {
  readonly database: Database;
  readonly signIn: SignIn;
  readonly listMemberships: (userId: string) => Promise<Membership[]>;
  /** How many days a deleted business can be restored. */
  readonly deleteGraceDays: number;
  /** Its subdomains are businesses; null: it has none. */
  readonly baseDomain: string | null;
  /** The TXT records of a name; null: DNS could not be asked. Never within a transaction. */
  readonly lookUpTxt: (name: string) => Promise<readonly string[] | null>;
}

/** One GraphQL operation: who asks, its tenant transaction, its loaders. Never shared between two. */
export class OperationContext {
  readonly principal: Principal | null;
  readonly request: RequestFacts;
  readonly services: Services;
  /** The business that the request names, where nobody is signed in to one; null: none of the name. */
  readonly selectedTenantId: string | null | undefined;
  readonly loaders = new Map<object, DataLoader<string, unknown>>();
  #open: (() => TenantOperation) | null = null;
  #operation: TenantOperation | null = null;
  #frame: TenantTransaction | null = null;
  #isOnlyField = false;

  constructor(
    services: Services,
    principal: Principal | null,
    request: RequestFacts,
    selectedTenantId?: string | null,
  ) {
    this.services = services;
    this.principal = principal;
    this.request = request;
    this.selectedTenantId = selectedTenantId;
  }

  /**
   * Gives the operation its transaction, which opens with the first query. `isOnlyField`: a mutation's
   * one field is all that happens in it.
   */
  begin(open: () => TenantOperation, { isOnlyField = false } = {}): void {
    this.#open = open;
    this.#operation = open();
    this.#isOnlyField = isOnlyField;
  }

  /** What is to be committed or rolled back in the end. */
  get operation(): TenantOperation {
    if (this.#operation === null) throw unauthenticated();
    return this.#operation;
  }

  /** The transaction, or the savepoint of the mutation field that is running. */
  get tx(): TenantTransaction {
    const tx = this.#frame ?? this.#operation?.tx;
    if (tx === undefined) throw unauthenticated();
    return tx;
  }

  get actor(): Actor {
    return actorOf(this.requireSignIn(), this.request);
  }

  requireSignIn(): Principal {
    if (this.principal === null) throw unauthenticated();
    return this.principal;
  }

  /**
   * Runs one mutation field so that it can be undone by itself: in a savepoint, or, where it is the
   * only field, in the transaction, which then starts anew (two statements less). Mutation fields run
   * one after the other (GraphQL specification, 6.2.2), so one current frame is enough; rows loaded
   * before it may be stale after.
   */
  async undoably<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.loaders.clear();
    try {
      return this.#isOnlyField ? await this.#inTransaction(work) : await this.#inSavepoint(work);
    } finally {
      this.loaders.clear();
    }
  }

  /**
   * Runs a mutation field that is about another tenant than the operation's, one that begins or comes
   * back, in that tenant's own transaction; it is committed when this resolves. Two transactions do not
   * commit as one, so nothing else may be in the operation: its errors could not undo this field.
   */
  async apart<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.#requireOnlyField();
    return this.services.database.withTenant(tenantId, { mode: 'write' }, work);
  }

  /**
   * Reads what a mutation field has to know before it asks somebody outside, in a transaction that is over
   * when this resolves. Only where no other field can have opened the operation's own, for nothing may be
   * open while others are asked.
   */
  async beforehand<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.#requireOnlyField();
    const { tenantId } = this.requireSignIn();
    return this.services.database.withTenant(tenantId, { mode: 'read' }, work);
  }

  #requireOnlyField(): void {
    if (this.#isOnlyField) return;
    throw new PublicError(
      'BAD_USER_INPUT',
      'Send this mutation as the only field of its operation, and not in a fragment.',
    );
  }

  async #inTransaction<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    try {
      return await work(this.tx);
    } catch (error) {
      await this.operation.rollback();
      this.#operation = this.#open?.() ?? null;
      throw error;
    }
  }

  async #inSavepoint<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.tx.savepoint((frame) => {
        this.#frame = frame;
        return work(frame);
      });
    } finally {
      this.#frame = null;
    }
  }

  allows(permission: Permission): boolean {
    return this.principal?.permissions.has(permission) ?? false;
  }

  /** Throws what the caller is told when a permission is missing: which one, and why it is. */
  require(permission: Permission): void {
    const principal = this.requireSignIn();
    if (principal.permissions.has(permission)) return;
    throw new PublicError('FORBIDDEN', `This needs the permission "${permission}".`, {
      extensions: { permission, reason: reasonFor(principal), fix: fixFor(principal) },
    });
  }
}

function reasonFor(principal: Principal): string {
  if (principal.tenantStatus === 'SUSPENDED') return 'TENANT_SUSPENDED';
  return principal.kind === 'USER' ? 'ROLE' : 'SCOPE';
}

function fixFor(principal: Principal): string {
  if (principal.tenantStatus === 'SUSPENDED')
    return 'The business is suspended: it can only be read.';
  return principal.kind === 'USER'
    ? `Your role is ${principal.role}; ask an owner or admin of the business.`
    : 'Use an API key that has this scope.';
}

function unauthenticated(): PublicError {
  return new PublicError(
    'UNAUTHENTICATED',
    'Sign in or send an API key: "Authorization: Bearer …".',
  );
}
