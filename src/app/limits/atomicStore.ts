import type { Identity, Store } from 'graphql-rate-limit';

/**
 * graphql-rate-limit's store, made atomic. The library asks for the calls of a window, counts, and writes
 * them back with its own: between the two any number of others do the same, and 100 of 100 concurrent
 * calls pass a limit of ten. Here the question itself takes the calls, wherever the count is shared, and
 * answers with a full window where they were not to be had; so there is nothing left to write. One for
 * each question, for the library tells its store who asks, and not for how many calls.
 */
export class AtomicStore implements Store {
  readonly #take: (identity: Identity) => Promise<boolean>;
  readonly #limit: number;

  /** `take`: all of the calls, or none. */
  constructor(limit: number, take: (identity: Identity) => Promise<boolean>) {
    this.#take = take;
    this.#limit = limit;
  }

  async getForIdentity(identity: Identity): Promise<readonly number[]> {
    if (await this.#take(identity)) return [];
    return new Array<number>(this.#limit).fill(Date.now());
  }

  setForIdentity(): void {
    // Taken already.
  }
}
