import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

// Both hold a look-up by ids to the ids' index, where the planner thinks another one as cheap.

/**
 * A condition that holds for every row, and that no index can tell: the planner has to read the table. Where
 * most tenants have few rows, Postgres thinks an index that answers without the table as cheap as the primary
 * key, such as that of the order with the id at its end, and goes through all of the tenant's entries in it
 * for each id: 4 ms each for 200 000.
 */
export const noIndexOnlyScan = (table: PgTable): SQL => sql`${table}.xmin <> 0`;

/**
 * The same condition, which the planner can only check on rows that it has found otherwise. A page's key, as it
 * stands, may take it to the order's index, once for each id.
 */
export const noIndexCondition = (where: SQL | undefined): SQL | undefined =>
  where && sql`(${where}) is true`;
