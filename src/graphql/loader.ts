import DataLoader from 'dataloader';
import type { TenantTransaction } from '../db/database.ts';
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
