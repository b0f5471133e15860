import {
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql';

/** Where a value stands in an answer: as graphql-js has it, so that `info.path` is one. */
export interface Path {
  readonly prev: Path | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
}

/** A value of a type → what is answered. Throws what goes wrong; whoever asked says where. */
export type Complete = (x: Execution, value: unknown, path: Path | undefined) => unknown;

/** An object → what is answered of it. */
export type SelectFields = (x: Execution, source: unknown, path: Path | undefined) => object;

/** A field, or an item of a list: where a promise may stand, and where an error ends up. */
export interface Position {
  readonly nodes: readonly FieldNode[];
  readonly complete: Complete;
  /** How far above it the value is that becomes null with an error here; 0: itself. */
  readonly up: number;
}

/** What is compiled, and what a resolver may ask of it. */
export interface Plan {
  readonly schema: GraphQLSchema;
  readonly node: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  /** Of the variables, those that `@skip` and `@include` name: what is selected hangs on them. */
  readonly conditions: Record<string, unknown>;
  /** A number for each of its fields. */
  nextNumber(): number;
  /** Called when a selection has been compiled: what is never reached is not. */
  readonly hasGrown: () => void;
}

/** What an execution is given. The variables are coerced. */
export interface Given {
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  readonly rootValue: unknown;
}

/** One execution of an operation: what its fields share, and what went wrong. */
export class Execution {
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  readonly rootValue: unknown;
  /** By the number of a field: a field of a list's rows reads them once. */
  readonly arguments: (Record<string, unknown> | undefined)[] = [];
  /** How many promises stand in the values that are being put together, waiting for a place. */
  unplaced = 0;
  #pending = 0;
  #settled: (() => void) | undefined;
  readonly #errors: GraphQLError[] = [];
  /** The positions that errors have made null, by their keys; none: the whole answer. */
  readonly #nulled = new Map<string, Keys>();

  constructor(given: Given) {
    this.context = given.context;
    this.variables = given.variables;
    this.rootValue = given.rootValue;
  }

  /** An error at a position; throws it where that can't be null. */
  fail(raw: unknown, { nodes, up }: Position, path: Path): null {
    const error = locatedError(raw, nodes, toKeys(path));
    if (up > 0) throw error;
    this.add(error, path);
    return null;
  }

  /** The same where nobody is left to catch it, for its value has come later. */
  failLate(raw: unknown, { nodes, up }: Position, path: Path): void {
    let above: Path | undefined = path;
    for (let step = 0; step < up; step += 1) above = above?.prev;
    this.add(locatedError(raw, nodes, toKeys(path)), above);
  }

  /** What comes to nothing anyhow, because something above it has, is not told. */
  add(error: GraphQLError, nulled: Path | undefined): void {
    const keys = toKeys(nulled);
    for (let above = 0; above <= keys.length; above += 1) {
      if (this.#nulled.has(nameOf(keys.slice(0, above)))) return;
    }
    this.#nulled.set(nameOf(keys), keys);
    this.#errors.push(error);
  }

  /** Whether nothing is left of the answer. */
  get hasFailed(): boolean {
    return this.#nulled.size > 0 && this.#nulled.has(nameOf([]));
  }

  begin(): void {
    this.unplaced += 1;
    this.#pending += 1;
  }

  end(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#settled?.();
  }

  /** When no field is waited for any more; undefined: now. */
  settled(): Promise<void> | undefined {
    if (this.#pending === 0) return undefined;
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  resultOf(data: Record<string, unknown> | null): ExecutionResult {
    if (this.#errors.length === 0) return { data };
    if (this.hasFailed) return { errors: this.#errors, data: null };
    for (const keys of this.#nulled.values()) makeNull(data, keys);
    return { errors: this.#errors, data };
  }
}

type Keys = readonly (string | number)[];

const nameOf = (keys: Keys): string => JSON.stringify(keys);

function makeNull(data: unknown, keys: Keys): void {
  let parent = data as Record<string | number, unknown> | null | undefined;
  for (const key of keys.slice(0, -1)) parent = parent?.[key] as typeof parent;
  const last = keys.at(-1);
  if (parent != null && last !== undefined) parent[last] = null;
}

function toKeys(path: Path | undefined): Keys {
  const keys: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.prev) keys.push(at.key);
  return keys.reverse();
}
