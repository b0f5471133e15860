import type { DatabaseError } from '../errors.ts';
import { afterBurst } from '../wire/afterBurst.ts';
import type { Statement } from '../wire/statement.ts';
import {
  type Carrier,
  type CarrierSettings,
  type CarrierTerms,
  ended,
  type Pending,
  rolledBack,
  type Settle,
} from './carrier.ts';
import { Lease } from './lease.ts';
import type { WriteGroups } from './writeGroups.ts';

/**
 * A write that may turn out to be whole before anything of it has been sent: when commit() is called in
 * the burst of its first statements. Then it goes with others of its tenant (WriteGroups); else it has a
 * connection to itself, as any write.
 */
export class GroupedWrite implements Carrier {
  readonly #terms: CarrierTerms;
  readonly #settings: CarrierSettings;
  readonly #groups: WriteGroups;
  #burst: (Pending & { when: 'now' | 'withNext' })[] = [];
  #lease: Lease | undefined;
  #failure: DatabaseError | undefined;

  constructor(terms: CarrierTerms, settings: CarrierSettings, groups: WriteGroups) {
    this.#terms = terms;
    this.#settings = settings;
    this.#groups = groups;
  }

  get started(): boolean {
    return this.#lease?.started ?? (this.#burst.length > 0 || this.#failure !== undefined);
  }

  get failure(): DatabaseError | undefined {
    return this.#lease?.failure ?? this.#failure;
  }

  get unanswered(): number {
    return this.#lease?.unanswered ?? this.#burst.length;
  }

  send(statement: Statement, settle: Settle, when: 'now' | 'withNext' = 'now'): void {
    if (this.#lease !== undefined) return this.#lease.send(statement, settle, when);
    if (this.#failure !== undefined) return settle(this.#failure, undefined);
    this.#burst.push({ statement, settle, when });
    if (this.#burst.length === 1) afterBurst(() => this.#goAlone());
  }

  commit(): Promise<void> {
    if (this.#lease !== undefined) return this.#lease.commit();
    const statements = this.#burst;
    this.#burst = [];
    this.#failure = ended;
    return this.#groups.join({ terms: this.#terms, statements });
  }

  rollback(): Promise<void> {
    if (this.#lease !== undefined) return this.#lease.rollback();
    const dropped = this.#burst;
    this.#burst = [];
    this.#failure ??= rolledBack();
    for (const { settle } of dropped) settle(this.#failure, undefined);
    return Promise.resolve();
  }

  #goAlone(): void {
    if (this.#failure !== undefined) return;
    const burst = this.#burst;
    this.#burst = [];
    this.#lease = new Lease(this.#terms, this.#settings);
    for (const { statement, settle, when } of burst) this.#lease.send(statement, settle, when);
  }
}
