import type { HangUp } from '../db/hangUp.ts';

const reason = new Error('the client hung up');

/** Fires once, when the client hangs up before it has its answer. */
export class ClientHangUp implements HangUp {
  aborted = false;
  readonly reason = reason;
  readonly #listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  fire(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.#listeners]) listener();
  }
}
