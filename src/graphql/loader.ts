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
      context.loaders.set(identity, loader as DataLoader<string, unknown>);
    }
    return loader.load(key);
  };
}
