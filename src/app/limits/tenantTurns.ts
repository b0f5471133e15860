import { OperationCancelled } from '../../db/errors.ts';
import type { HangUp } from '../../db/hangUp.ts';
import type { Place } from '../../db/place.ts';
import { PublicError } from '../../lib/errors.ts';

/** As long as anybody waits for a connection: a 503 now is worth more than an answer too late. */
const longestMs = 2_000;

const tooBusy = (): PublicError =>
  new PublicError(
    'UNAVAILABLE',
    'Too many operations of your business are under way; try again in a moment.',
  );

interface Share {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * So many operations of one business run in this process at a time; the others wait in a line of their
 * own, before they wait for a connection to Postgres. Fewer than there are connections, so that one business'
 * waits for a lock, or slow reads, leave some to the others: with ten changes that wait for a row of their
 * own, everybody else was refused for lack of a connection.
 */
export class TenantTurns {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #shares = new Map<string, Share>();

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /** null: it may run at once. Rejects with UNAVAILABLE at once where too many wait, or when the client hangs up. */
  enter(tenantId: string, signal: HangUp): Promise<void> | null {
    let share = this.#shares.get(tenantId);
    if (share === undefined) {
      share = { running: 0, waiting: [] };
      this.#shares.set(tenantId, share);
    }
    if (share.running < this.#most) {
      share.running += 1;
      return null;
    }
    return this.#wait(share.waiting, signal);
  }

  /** A turn that was entered, for whoever leaves it first. */
  placeOf(tenantId: string, signal: HangUp): Place {
    return new EnteredTurn(this, tenantId, signal);
  }

  async run<T>(tenantId: string, signal: HangUp, work: () => Promise<T>): Promise<T> {
    await this.enter(tenantId, signal);
    try {
      return await work();
    } finally {
      this.leave(tenantId);
    }
  }

  leave(tenantId: string): void {
    const share = this.#shares.get(tenantId);
    if (share === undefined) return;
    const next = share.waiting.shift();
    if (next !== undefined) return next();
    share.running -= 1;
    if (share.running === 0) this.#shares.delete(tenantId);
  }

  #wait(waiting: (() => void)[], signal: HangUp): Promise<void> {
    if (waiting.length >= this.#mostWaiting) {
      return Promise.reject(tooBusy());
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const giveUp = (error: Error): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const place = waiting.indexOf(start);
        if (place !== -1) waiting.splice(place, 1);
        reject(error);
      };
      const onAbort = (): void =>
        giveUp(new OperationCancelled('The caller went away.', signal.reason));
      const timer = setTimeout(() => giveUp(tooBusy()), longestMs);
      signal.addEventListener('abort', onAbort);
      waiting.push(start);
    });
  }
}

class EnteredTurn implements Place {
  readonly #turns: TenantTurns;
  readonly #tenantId: string;
  readonly #signal: HangUp;
  #isLeft = false;

  constructor(turns: TenantTurns, tenantId: string, signal: HangUp) {
    this.#turns = turns;
    this.#tenantId = tenantId;
    this.#signal = signal;
  }

  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#turns.leave(this.#tenantId);
  }

  enter(): Promise<void> | null {
    if (!this.#isLeft) return null;
    const turn = this.#turns.enter(this.#tenantId, this.#signal);
    if (turn === null) {
      this.#isLeft = false;
      return null;
    }
    return turn.then(() => {
      this.#isLeft = false;
    });
  }

  handOver(): Place {
    this.#isLeft = true;
    return new EnteredTurn(this.#turns, this.#tenantId, this.#signal);
  }
}
