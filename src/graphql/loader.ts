import DataLoader from 'dataloader';
import type { TenantTransaction } from '../db/database.ts';
import type { Page } from '../lib/pagination.ts';
import type { OperationContext } from './context.ts';

/**
 * Declares a batched look-up by key. Its DataLoader lives in the operation's context, so neither rows
 * nor pending keys are ever shared between two operations, let alone two tenants.
 * `batch` returns rows in any order; `keyOf` says which key a row answers. Missing rows are null.
 */
export function defineLoader<Row>(
  batch: (tx: TenantTransaction, keys: readonly string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): (context: OperationContext, key: string) => Promise<Row | null> {
  return defineBatch(batch, (rows) => {
    const byKey = new Map(rows.map((row) => [keyOf(row), row]));
    return (key) => byKey.get(key) ?? null;
  });
}

/** A key, and what is asked of its row: the names of columns, null: all. */
interface Wanted {
  readonly key: string;
  readonly columns: readonly string[] | null;
}

/**
 * The same for a look-up that reads no more columns than are asked for (see lookAhead). Still one
 * statement for all keys of an operation: it reads what any of them is asked for.
 */
export function defineColumnLoader<Row>(
  batch: (
    tx: TenantTransaction,
    keys: readonly string[],
    columns: readonly string[] | null,
  ) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): (
  context: OperationContext,
  key: string,
  columns: readonly string[] | null,
) => Promise<Row | null> {
  const identity = {};
  const read = async (context: OperationContext, wanted: readonly Wanted[]) => {
    const keys = [...new Set(wanted.map((each) => each.key))];
    const rows = await batch(context.tx, keys, allColumns(wanted));
    return new Map(rows.map((row) => [keyOf(row), row]));
  };
  return async (context, key, columns) => {
    let together = context.loaders.get(identity) as Together<Row> | undefined;
    if (together === undefined) {
      together = new Together((wanted) => {
        context.loaders.delete(identity);
        return read(context, wanted);
      });
      context.loaders.set(identity, together);
    }
    return (await together.load({ key, columns })).get(key) ?? null;
  };
}

/**
 * What is asked for at once, which is one statement. A DataLoader, of which one would be made for nearly
 * every request, keeps what it has read and takes 2 µs more.
 */
class Together<Row> {
  readonly #wanted: Wanted[] = [];
  readonly #rows = Promise.withResolvers<ReadonlyMap<string, Row>>();

  constructor(read: (wanted: readonly Wanted[]) => Promise<ReadonlyMap<string, Row>>) {
    // As DataLoader waits: until no promise is left that has come true.
    void begun.then(() => process.nextTick(() => this.#rows.resolve(read(this.#wanted))));
  }

  load(wanted: Wanted): Promise<ReadonlyMap<string, Row>> {
    this.#wanted.push(wanted);
    return this.#rows.promise;
  }
}

const begun = Promise.resolve();

function allColumns(wanted: readonly Wanted[]): readonly string[] | null {
  const [first] = wanted;
  if (wanted.length === 1 && first !== undefined) return first.columns;
  const all = new Set<string>();
  for (const { columns } of wanted) {
    if (columns === null) return null;
    for (const column of columns) all.add(column);
  }
  return [...all].sort();
}

/** The same for look-ups where a key has many rows, kept in the order they came. */
export function defineListLoader<Row>(
  batch: (tx: TenantTransaction, keys: readonly string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): (context: OperationContext, key: string) => Promise<Row[]> {
  return defineBatch(batch, (rows) => {
    const byKey = Map.groupBy(rows, keyOf);
    return (key) => byKey.get(key) ?? [];
  });
}

/**
 * For pages of children: one statement for all parents of which the operation asks the same page.
 * `batch` returns the rows of all of them, each parent's in reading direction.
 */
export function definePageLoader<Row>(
  batch: (tx: TenantTransaction, parents: readonly string[], page: Page) => Promise<readonly Row[]>,
  parentOf: (row: Row) => string,
): (context: OperationContext, parent: string, page: Page) => Promise<Row[]> {
  const perPage = new WeakMap<OperationContext, Map<string, PageLoader<Row>>>();
  return (context, parent, page) => {
    const loaders = perPage.get(context) ?? new Map<string, PageLoader<Row>>();
    perPage.set(context, loaders);
    const key = JSON.stringify(page);
    const load =
      loaders.get(key) ?? defineListLoader((tx, parents) => batch(tx, parents, page), parentOf);
    loaders.set(key, load);
    return load(context, parent);
  };
}

type PageLoader<Row> = (context: OperationContext, parent: string) => Promise<Row[]>;

function defineBatch<Row, Answer>(
  batch: (tx: TenantTransaction, keys: readonly string[]) => Promise<readonly Row[]>,
  index: (rows: readonly Row[]) => (key: string) => Answer,
): (context: OperationContext, key: string) => Promise<Answer> {
  const identity = {};
  return (context, key) => {
    let loader = context.loaders.get(identity) as DataLoader<string, Answer> | undefined;
    if (loader === undefined) {
      loader = new DataLoader<string, Answer>(async (keys) =>
        keys.map(index(await batch(context.tx, keys))),
      );
      context.loaders.set(identity, loader);
    }
    return loader.load(key);
  };
}
