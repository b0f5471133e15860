import { is, type SQL, sql, type Table } from 'drizzle-orm';
import { PgBigInt53, type PgColumn, PgCustomColumn, PgNumeric } from 'drizzle-orm/pg-core';
import { type ReadValue, rowShape } from './rowShape.ts';

/** Part of a statement that brings rows of another table along as JSON, and how to read them. */
export interface Embedded {
  readonly sql: SQL;
  /** Of what is there: null stays null. */
  read(json: unknown): unknown;
}

export type Part = PgColumn | Embedded;

/**
 * Reads columns of a table, and what is embedded in its rows in turn, as a JSON array: Postgres writes
 * it and V8 reads it faster than as many rows and messages of the protocol.
 */
interface JsonRow {
  readonly sql: SQL;
  read(json: readonly unknown[]): Record<string, unknown>;
}

/**
 * One row, or null: what `reference` refers to. `where` names the tenant, as everywhere. The reference
 * is looked at first, for to look up a null costs Postgres as much as to look up a row.
 */
export function embedRow(
  parts: Record<string, Part>,
  reference: PgColumn,
  { from, where }: { from: Table | SQL; where: SQL },
): Embedded {
  const row = jsonRow(parts);
  return {
    sql: sql`case when ${reference} is not null then (select ${row.sql} from ${from} where ${where}) end`,
    read: (json) => row.read(json as unknown[]),
  };
}

/** Rows in their order, at most `limit`: a page of a to-many relation. */
export function embedRows(
  parts: Record<string, Part>,
  from: Table | SQL,
  { where, orderBy, limit }: { where: SQL; orderBy: readonly SQL[]; limit: SQL },
): Embedded {
  const row = jsonRow(parts);
  const page = sql`select ${row.sql} as part from ${from} where ${where} order by ${sql.join([...orderBy], sql`, `)} limit ${limit}`;
  return {
    sql: sql`(select coalesce(json_agg(part), '[]') from (${page}) as page)`,
    read: (json) => (json as unknown[][]).map((each) => row.read(each)),
  };
}

/** For a select's field. Two SQLs deep, for Drizzle strips the tables' names from the outer one. */
export function embeddedField(embedded: Embedded): SQL<unknown> {
  return sql`${sql`${embedded.sql}`}`.mapWith((json: unknown) => embedded.read(json));
}

function jsonRow(parts: Record<string, Part>): JsonRow {
  const columns = Object.entries(parts).map(([key, part]) => ({ key, ...expressionOf(part) }));
  const values = sql.join(
    columns.map(({ expression }) => expression),
    sql`, `,
  );
  return {
    sql: sql`json_build_array(${values})`,
    read: rowShape(
      columns.map(({ key }) => key),
      columns.map(({ read }) => read),
    ),
  };
}

interface Expression {
  readonly expression: SQL;
  readonly read: ReadValue;
}

function expressionOf(part: Part): Expression {
  if ('read' in part) return { expression: part.sql, read: part.read };
  // JSON's numbers are doubles, which can't hold these.
  if (is(part, PgNumeric)) return { expression: sql`${part}::text`, read: undefined };
  if (is(part, PgBigInt53)) return { expression: sql`${part}::text`, read: Number };
  if (is(part, PgCustomColumn)) {
    return { expression: sql`${part}`, read: (value: unknown) => part.mapFromDriverValue(value) };
  }
  return { expression: sql`${part}`, read: undefined };
}
