/**
 * Numbers that look random and come out the same for the same seed. Math.random() has no seed, and
 * a demo that differs from machine to machine can be neither documented nor tested.
 * Source: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (14), 2003.
 */
export class Random {
  #state: number;

  constructor(seed: string) {
    let state = 2_463_534_242;
    for (const character of seed) {
      state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 1_000_003) >>> 0;
    }
    // Zero is the one state that xorshift never leaves.
    this.#state = state || 1;
    // Similar seeds start with similar numbers; a few rounds drive them apart.
    for (let round = 0; round < 8; round += 1) this.next();
  }

  /** From 0 to just below 1. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 2 ** 32;
  }

  /** A whole number, both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the list. Throws when there is none to choose from. */
  pick<T>(list: readonly T[]): T {
    const [item] = list.slice(this.integer(0, list.length - 1));
    if (item === undefined) throw new Error('There is nothing to pick from an empty list.');
    return item;
  }

  /** A new list in another order. */
  shuffle<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, order: this.next() }))
      .toSorted((left, right) => left.order - right.order)
      .map(({ item }) => item);
  }

  /** `[Hi|Hello]` becomes one of the two, wherever it stands in the text. */
  choose(text: string): string {
    return text.replace(/\[([^\]]*)\]/g, (_, choices: string) => this.pick(choices.split('|')));
  }
}
