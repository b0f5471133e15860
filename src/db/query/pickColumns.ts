import type { Order } from './keyset.ts';

/**
 * The columns that were asked for, and those that are always needed. Typed as all of them, by promise:
 * nothing reads a column that it did not ask for (see lookAhead in src/graphql).
 */
export function pickColumns<Columns extends Record<string, unknown>>(
  columns: Columns,
  asked: readonly string[] | null,
  always: readonly (keyof Columns & string)[],
): Columns {
  if (asked === null) return columns;
  const wanted = new Set([...always, ...asked]);
  return Object.fromEntries(
    Object.entries(columns).filter(([name]) => wanted.has(name)),
  ) as Columns;
}

/** The names of the columns that an order's cursors are made of. */
export function sortColumnNames<Columns extends Record<string, unknown>>(
  columns: Columns,
  order: Order,
): (keyof Columns & string)[] {
  const sorted = new Set<unknown>(order.columns.map(({ sql }) => sql));
  return Object.keys(columns).filter((name) => sorted.has(columns[name]));
}
