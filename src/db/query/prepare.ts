import { sql } from 'drizzle-orm';
import type { PgPreparedQuery, PreparedQueryConfig } from 'drizzle-orm/pg-core';
import type { TenantDrizzle, TenantTransaction } from '../transaction.ts';
import { checkText } from '../wire/statement.ts';
import { nameFor } from '../wire/statementBook.ts';
import { CapturedQuery, createTemplateDrizzle, runBuilt } from './drizzleSession.ts';

export type TemplateDrizzle = Pick<
  TenantDrizzle,
  | 'select'
  | 'selectDistinct'
  | 'selectDistinctOn'
  | 'insert'
  | 'update'
  | 'delete'
  | 'with'
  | '$with'
  | '$count'
>;

/** The handle's own tenant, filled in by itself: every prepared statement can name its tenant_id with it. */
export const tenant = sql.placeholder('tenantId');

interface Preparable<T> {
  prepare(name: string): PgPreparedQuery<PreparedQueryConfig & { execute: T }>;
}

const template = createTemplateDrizzle();
const nothing = {};

/**
 * Builds a statement once, with `sql.placeholder` where values go, and returns the function that runs
 * it in a transaction under a stable name. An array for `= any(${sql.placeholder('ids')})` is passed as
 * one value. Throws at once for a text that the fence would refuse; the returned function rejects as
 * `tx.query` does. `oneOfMany` is for texts that are made from what clients ask: such a one is named
 * only when it comes again, and only while there is room. `light`: see StatementRequest.
 */
export function prepare<T>(
  build: (db: TemplateDrizzle) => Preparable<T>,
  { oneOfMany = false, light = false }: { oneOfMany?: boolean; light?: boolean } = {},
): (tx: TenantTransaction, values?: Record<string, unknown>) => Promise<T> {
  const prepared = build(template).prepare('');
  if (!(prepared instanceof CapturedQuery))
    throw new TypeError('prepare() takes a query of the db it was given');
  const { built } = prepared;
  checkText(built.text);
  const how = { name: oneOfMany ? undefined : nameFor(built.text), light };
  return (tx, values = nothing) => runBuilt(tx, built, values, how) as Promise<T>;
}
