import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { PublicError } from '../lib/errors.ts';

/** The comparators of one field as a client sent them; `null` and `undefined` mean "not asked". */
export interface Comparators {
  readonly [operator: string]: unknown;
}

/** What a field can be compared by. Every operator is one parameter, so a shape is one statement. */
export type FilterField = (parameter: SQL, operator: string) => SQL | undefined;

export interface Filter {
  readonly conditions: SQL[];
  readonly values: Record<string, unknown>;
  /** Which comparators were used: part of a prepared statement's identity. */
  readonly shape: string;
}

const operators: Record<string, (column: SQLWrapper, parameter: SQL) => SQL> = {
  eq: (column, parameter) => sql`${column} = ${parameter}`,
  in: (column, parameter) => sql`${column} = any(${parameter})`,
  gt: (column, parameter) => sql`${column} > ${parameter}`,
  gte: (column, parameter) => sql`${column} >= ${parameter}`,
  lt: (column, parameter) => sql`${column} < ${parameter}`,
  lte: (column, parameter) => sql`${column} <= ${parameter}`,
  isNull: (column, parameter) => sql`(${column} is null) = ${parameter}::boolean`,
};

const textOperators: typeof operators = {
  ...operators,
  // strpos, not LIKE: what a person types has no wildcards to escape.
  contains: (column, parameter) => sql`strpos(app.fold(${column}), app.fold(${parameter})) > 0`,
};

const listOperators: typeof operators = {
  containsAll: (column, parameter) => sql`${column} @> ${parameter}`,
  containsAny: (column, parameter) => sql`${column} && ${parameter}`,
};

/** What an index on (tenant_id, column, …) can look up. */
const lookedUp: ReadonlySet<string> = new Set(['eq', 'in', 'gt', 'gte', 'lt', 'lte']);

/**
 * A condition that no index serves is checked row by row on the way through the page's order, and the
 * page ends that way as soon as it is full. Left bare, Postgres takes `labels @> $1` to match a row in a
 * thousand and prefers to read and sort all that the tenant has (100 000 conversations, a label on every
 * third: 68 ms instead of 0.3). What is in coalesce() it takes to match every second row. Refused: fewer
 * rows by statistics, for a generic plan is made for no value in particular.
 */
const field =
  (column: SQLWrapper, known: typeof operators, indexed: boolean): FilterField =>
  (parameter, operator) => {
    const condition = known[operator]?.(column, parameter);
    if (condition === undefined || (indexed && lookedUp.has(operator))) return condition;
    return sql`coalesce(${condition}, false)`;
  };

export const valueField = (column: SQLWrapper): FilterField => field(column, operators, false);
export const textField = (column: SQLWrapper): FilterField => field(column, textOperators, false);
export const listField = (column: SQLWrapper): FilterField => field(column, listOperators, false);

/** The same for columns that come second in an index, after the tenant. */
export const indexedValueField = (column: SQLWrapper): FilterField =>
  field(column, operators, true);
export const indexedTextField = (column: SQLWrapper): FilterField =>
  field(column, textOperators, true);

/** A client's filter → conditions with placeholders. Fields and operators are joined by AND. */
export function readFilter(
  filter: Readonly<Record<string, Comparators | null | undefined>> | null | undefined,
  fields: Readonly<Record<string, FilterField>>,
): Filter {
  const conditions: SQL[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, comparators] of Object.entries(filter ?? {})) {
    for (const [operator, value] of Object.entries(comparators ?? {})) {
      if (value === null || value === undefined) continue;
      const placeholder = `${name}_${operator}`;
      const condition = fields[name]?.(sql`${sql.placeholder(placeholder)}`, operator);
      if (condition === undefined) {
        throw new PublicError('BAD_USER_INPUT', `"${name}" cannot be compared by "${operator}".`);
      }
      conditions.push(condition);
      values[placeholder] = value;
    }
  }
  return { conditions, values, shape: Object.keys(values).sort().join(' ') };
}
