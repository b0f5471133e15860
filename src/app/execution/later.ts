import type { Execution, Path, Position } from './execution.ts';

/**
 * Stands in an answer where a promise was given, until its value comes: it is put into its place
 * then, so that nothing above it has to become a promise too.
 */
export class Later {
  readonly #x: Execution;
  readonly #position: Position;
  readonly #path: Path;
  /** undefined: what it is part of came to nothing. */
  #container: Record<string | number, unknown> | undefined;
  #key: string | number = '';

  constructor(x: Execution, promise: PromiseLike<unknown>, position: Position, path: Path) {
    this.#x = x;
    this.#position = position;
    this.#path = path;
    x.begin();
    Promise.resolve(promise).then(
      (value) => this.#arrive(value),
      (error) => this.#fail(error),
    );
  }

  place(container: object, key: string | number): void {
    this.#container = container as Record<string | number, unknown>;
    this.#key = key;
    this.#container[key] = null;
  }

  #arrive(value: unknown): void {
    if (this.#container === undefined) return this.#x.end();
    try {
      const completed = this.#position.complete(this.#x, value, this.#path);
      if (completed instanceof Later) completed.place(this.#container, this.#key);
      else this.#container[this.#key] = completed;
    } catch (error) {
      this.#x.failLate(error, this.#position, this.#path);
    }
    this.#x.end();
  }

  #fail(error: unknown): void {
    this.#x.failLate(error, this.#position, this.#path);
    this.#x.end();
  }
}

/** Gives what stands in an object or a list, and is still to come, its place there. */
export function placeLater(x: Execution, container: object, before: number): void {
  const values = container as Record<string | number, unknown>;
  for (const key of Object.keys(values)) {
    const value = values[key];
    if (value instanceof Later) value.place(container, key);
  }
  x.unplaced = before;
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
