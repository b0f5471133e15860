import type { HangUp } from '../db/hangUp.ts';

const none: readonly (() => void)[] = [];
const reason = new Error('the client hung up');

/** Fires once, when the client hangs up before it has its answer. */
export class ClientHangUp implements HangUp {
  aborted = false;
  readonly reason = reason;
  /** Hardly ever more than two. */
  #listeners: readonly (() => void)[] = none;

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.#listeners.includes(listener)) this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }

  fire(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }
}
