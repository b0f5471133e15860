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

const field =
  (column: SQLWrapper, known: typeof operators): FilterField =>
  (parameter, operator) =>
    known[operator]?.(column, parameter);

export const valueField = (column: SQLWrapper): FilterField => field(column, operators);
export const textField = (column: SQLWrapper): FilterField => field(column, textOperators);
export const listField = (column: SQLWrapper): FilterField => field(column, listOperators);

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
