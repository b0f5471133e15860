import type { Attempts } from '../auth/attempts.ts';
import { type Gate, meets, type Requirement } from '../auth/gates.ts';
import type { LimitReadings, QuotaLeases } from '../auth/limits.ts';
import type { Membership } from '../auth/lookups.ts';
import type { PasswordChanges } from '../auth/passwordChanges.ts';
import { isPermission } from '../auth/permissions.ts';
import type { ReadPlanCatalogue } from '../auth/planCatalogue.ts';
import {
  type AccountPrincipal,
  type Actor,
  actorOf,
  type Caller,
  type Person,
  type Principal,
  type RequestFacts,
} from '../auth/principal.ts';
import { forbidden, forbiddenByPlan, noBusiness, unauthenticated } from '../auth/refusals.ts';
import type { Registration } from '../auth/registration.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { SignIn } from '../auth/signIn.ts';
import type { Database, TenantOperation, TenantTransaction } from '../db/database.ts';
import { PublicError } from '../lib/errors.ts';
import type { Reply } from './reply.ts';

/** What resolvers may reach besides the transaction. */
export interface Services {
  readonly database: Database;
  readonly signIn: SignIn;
  readonly registration: Registration;
  readonly passwords: PasswordChanges;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
  /** Where links in mails lead, without a slash at its end. */
  readonly publicUrl: () => string;
  /** Every plan and feature there is. */
  readonly planCatalogue: ReadPlanCatalogue;
  readonly listMemberships: (userId: string) => Promise<Membership[]>;
  /** So many operations of one business run in this process at a time. */
  readonly mostAtOnce: number;
  /** How the limits of a caller stand; asks the store that all processes share. */
  readonly readLimits: (principal: Principal) => Promise<LimitReadings>;
  readonly quotaLeases: QuotaLeases;
  /** How many days a deleted business can be restored. */
  readonly deleteGraceDays: number;
  /** Its subdomains are businesses; null: it has none. */
  readonly baseDomain: string | null;
  /** The most points that one operation may cost. */
  readonly maximumCost: number;
  /** The TXT records of a name; null: DNS could not be asked. Never within a transaction. */
  readonly lookUpTxt: (name: string) => Promise<readonly string[] | null>;
}

/** Who asks, and what came with the request. */
export interface Asking {
  readonly principal: Principal | null;
  /** Set where somebody asks whose token is for no business; `principal` is null then. */
  readonly account: AccountPrincipal | null;
  readonly request: RequestFacts;
  readonly reply: Reply;
  /** The business that the request names beside the credential; null: there is none of the name. */
  readonly selectedTenantId: string | null | undefined;
  /** Whether the operation has one field, which then speaks for the whole answer. */
  readonly isOnlyField: boolean;
  /** Who asks as of now, for what goes on longer than an answer. */
  readonly renew: () => Promise<Pick<Asking, 'principal' | 'account'>>;
}

/** One GraphQL operation: who asks, its tenant transaction, its loaders. Never shared between two. */
export class OperationContext {
  readonly request: RequestFacts;
  readonly reply: Reply;
  readonly services: Services;
  /** The business that the request names, where nobody is signed in to one; null: none of the name. */
  readonly selectedTenantId: string | null | undefined;
  /** Made when one is asked for: a create has none. */
  #loaders: Map<object, unknown> | undefined;
  #open: (() => TenantOperation) | null = null;
  #operation: TenantOperation | null = null;
  #frame: TenantTransaction | null = null;
  #principal: Principal | null;
  #account: AccountPrincipal | null;
  readonly #renew: Asking['renew'];
  readonly #isOnlyField: boolean;
  #isPlain = true;
  #changes = 0;

  constructor(services: Services, asking: Asking) {
    this.services = services;
    this.#principal = asking.principal;
    this.#renew = asking.renew;
    this.#account = asking.account;
    this.request = asking.request;
    this.reply = asking.reply;
    this.#isOnlyField = asking.isOnlyField;
    this.selectedTenantId = asking.selectedTenantId;
  }

  get principal(): Principal | null {
    return this.#principal;
  }

  get account(): AccountPrincipal | null {
    return this.#account;
  }

  /** Looks again who asks and what they may: a subscription outlives roles, keys and plans. */
  async renew(): Promise<void> {
    const { principal, account } = await this.#renew().catch((error: unknown) => {
      if (error instanceof PublicError) return { principal: null, account: null };
      throw error;
    });
    this.#principal = principal;
    this.#account = account;
  }

  /**
   * Gives the operation its transaction, which opens with the first query. `isPlain: false`: it holds
   * more than its fields' work, or is to be undone, so no field may end it or go past it.
   */
  begin(open: () => TenantOperation, { isPlain = true }: { isPlain?: boolean } = {}): void {
    this.#isPlain = isPlain;
    this.#open = open;
    this.#operation = open();
  }

  get loaders(): Map<object, unknown> {
    this.#loaders ??= new Map();
    return this.#loaders;
  }

  /** How many mutation fields did what they were asked to. */
  get changes(): number {
    return this.#changes;
  }

  /** Says when to come back in the header, which is about the whole answer. */
  setRetryAfter(seconds: number): void {
    if (this.#isOnlyField) this.reply.setRetryAfter(seconds);
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

  /** Whoever asks, in a business. */
  requireSignIn(): Principal {
    if (this.principal === null) throw this.account === null ? unauthenticated() : noBusiness();
    return this.principal;
  }

  /** Whoever asks, in a business or not. */
  requireCaller(): Caller {
    return this.account ?? this.requireSignIn();
  }

  /** The person who asks, in a business or not; a key is none. */
  requirePerson(): Person {
    const caller = this.requireCaller();
    if (caller.kind !== 'API_KEY') return caller;
    throw new PublicError('FORBIDDEN', 'This is for people: an API key has no account.', {
      extensions: { reason: 'NOT_A_PERSON', fix: 'Sign in with e-mail and password.' },
    });
  }

  /**
   * Runs one mutation field so that it can be undone by itself: in a savepoint, or, where it is the
   * only field, in the transaction, which then starts anew (two statements less). Mutation fields run
   * one after the other (GraphQL specification, 6.2.2), so one current frame is enough; rows loaded
   * before it may be stale after. Beside an idempotency key it is always a savepoint: the key's row is
   * in the transaction.
   */
  async undoably<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.#loaders = undefined;
    const isAlone = this.#isOnlyField && this.#isPlain;
    try {
      const value = isAlone ? await work(this.tx) : await this.#inSavepoint(work);
      this.#changes += 1;
      return value;
    } catch (error) {
      if (isAlone) await this.#beginAnew();
      throw error;
    } finally {
      this.#loaders = undefined;
    }
  }

  /**
   * Runs a mutation field that is about another tenant than the operation's, one that begins or comes
   * back, in that tenant's own transaction; it is committed when this resolves. Two transactions do not
   * commit as one, so nothing else may be in the operation: its errors could not undo this field.
   */
  async apart<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.#requireOnlyField();
    if (!this.#isPlain) throw new Error('a mutation that commits apart has a key or a dry run');
    return this.services.database.withTenant(tenantId, { mode: 'write' }, work);
  }

  /** Reads of another tenant than the operation's, by who holds a token of it; its own transaction. */
  async readApart<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.services.database.withTenant(tenantId, { mode: 'read' }, work);
  }

  /**
   * Reads what a mutation field has to know before it asks somebody outside, in a transaction that is over
   * when this resolves. Only where no other field can have opened the operation's own, for nothing may be
   * open while others are asked.
   */
  async beforehand<T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    this.#requireOnlyField();
    if (this.operation.started) throw new Error('a transaction is open while others are asked');
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

  async #beginAnew(): Promise<void> {
    await this.operation.rollback();
    // One that a rule had completed stays: what went wrong after it has to be told as such.
    if (!this.operation.hasCommitted) this.#operation = this.#open?.() ?? null;
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

  allows(requirement: Requirement): boolean {
    return this.principal !== null && meets(this.principal, requirement);
  }

  /** The first that whoever asks does not have; null: none. No statement, no wait. */
  missing(requirements: readonly Requirement[]): Requirement | null {
    if (requirements.length === 0) return null;
    const principal = this.requireSignIn();
    for (const each of requirements) if (!meets(principal, each)) return each;
    return null;
  }

  /** Throws, or rejects with, what the caller is told when something is missing: which, and why it is. */
  refuse(requirement: Requirement): Promise<never> {
    if (isPermission(requirement)) throw forbidden(this.requireSignIn(), requirement);
    return this.#refuseByPlan(requirement);
  }

  async #refuseByPlan(gate: Gate): Promise<never> {
    const principal = this.requireSignIn();
    const { plans } = await this.services.planCatalogue();
    throw forbiddenByPlan(principal, gate, plans);
  }
}
