import { createHash } from 'node:crypto';
import { ForbiddenStatement } from '../errors.ts';
import { checkText, checkValues, type Statement, type StatementRequest } from './statement.ts';
import { toWireValues, type WireValue } from './wireValues.ts';

/** Each name is a plan kept by every backend of the pool, so their number is bounded. */
const mostNames = 300;
/** Of prepare()'s, which are as many as the code has. */
const mostGivenNames = 500;
const mostCandidates = 1_000;

/**
 * Which texts have been checked and what they are called on the wire. A text without a name of its
 * own gets one when it comes a second time, so that one-off texts (a list of another length each
 * time) take no place; once the book is full, further texts stay unnamed. Nothing is ever evicted:
 * that would need a DEALLOCATE on every connection.
 */
export class StatementBook {
  readonly #named: boolean;
  readonly #nameOf = new Map<string, string>();
  readonly #textOf = new Map<string, string>();
  readonly #own = new Map<string, string>();
  #seenOnce = new Set<string>();

  /** `named: false` for PgBouncer before 1.21: every statement goes out without a name. */
  constructor(options: { named: boolean }) {
    this.#named = options.named;
  }

  /** Checks, names and serialises before anything is sent. Throws ForbiddenStatement. */
  admit(request: StatementRequest): Statement {
    const { text, name, light = false } = request;
    const known = name === undefined ? this.#autoName(text) : this.#claim(name, text);
    const values = request.bind?.() ?? request.values ?? [];
    checkValues(values);
    return { text, values: toWireValues(values), name: this.#named ? known : undefined, light };
  }

  /** The opener's own statements, which the fence would refuse. */
  own(text: string, values: readonly WireValue[] = []): Statement {
    let name = this.#own.get(text);
    if (name === undefined) {
      name = nameFor(text);
      this.#own.set(text, name);
    }
    return { text, values, name: this.#named ? name : undefined, light: true };
  }

  #autoName(text: string): string | undefined {
    const known = this.#nameOf.get(text);
    if (known !== undefined) return known;
    checkText(text);
    if (this.#nameOf.size >= mostNames) return undefined;
    if (this.#seenOnce.delete(text)) {
      const name = nameFor(text);
      this.#nameOf.set(text, name);
      return name;
    }
    if (this.#seenOnce.size >= mostCandidates) this.#seenOnce = new Set();
    this.#seenOnce.add(text);
    return undefined;
  }

  /** A given name belongs to one text for the life of the process. */
  #claim(name: string, text: string): string | undefined {
    const owner = this.#textOf.get(name);
    if (owner === text) return name;
    if (owner !== undefined)
      throw new ForbiddenStatement(`The statement name ${name} belongs to another text.`);
    if (!/^\w{1,63}$/.test(name))
      throw new ForbiddenStatement('A statement name is 1 to 63 letters, digits or _.');
    checkText(text);
    if (this.#textOf.size >= mostGivenNames) return undefined;
    this.#textOf.set(name, text);
    return name;
  }
}

/** The same text has the same name in every process, so that PgBouncer can share its plan. */
export function nameFor(text: string): string {
  return `t_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}
