import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { CursorColumn, CursorValues, Page } from '../../lib/pagination.ts';

/** One way to sort a list: its key ends in the id, so that it is unique and a page has one next page. */
export interface Order {
  /** Part of the cursor, so that a cursor of another order is refused. */
  readonly sort: string;
  readonly columns: readonly { readonly sql: SQLWrapper; readonly kind: CursorColumn }[];
  readonly descending: boolean;
}

/** `where` (undefined on the first page) and `order by` of a page, in its reading direction. */
export interface Keyset {
  readonly where: SQL | undefined;
  readonly orderBy: SQL[];
  /** Whether that order is the descending one. */
  readonly down: boolean;
  /** For the placeholders in `where`. */
  readonly values: Record<string, string>;
  /** Which placeholders there are: part of a prepared statement's identity. */
  readonly shape: string;
}

/**
 * Keyset paging: rows after a key, not rows after a count, so a page stays right while rows come and
 * go, and page 1 000 costs what page 1 does. The comparison is one row comparison, which an index on
 * (tenant_id, …columns) serves in both directions. `prefix` keeps the placeholders of several apart.
 */
export function keyset(order: Order, page: Page, prefix = ''): Keyset {
  const down = order.descending !== page.backwards;
  return {
    down,
    // Only asked for when a statement is built, which is once a shape.
    get where() {
      return whereOf(order, page, prefix);
    },
    get orderBy() {
      return order.columns.map(({ sql: column }) =>
        down ? sql`${column} desc` : sql`${column} asc`,
      );
    },
    values: {
      ...named(`${prefix}after`, page.after),
      ...named(`${prefix}before`, page.before),
    },
    shape: `${order.sort}${down ? '-' : '+'}${page.after === null ? '' : 'a'}${page.before === null ? '' : 'b'}`,
  };
}

function whereOf({ columns, descending }: Order, page: Page, prefix: string): SQL | undefined {
  const key = sql.join(
    columns.map(({ sql: column }) => sql`${column}`),
    sql`, `,
  );
  const bound = (name: string) =>
    sql.join(
      columns.map((_, index) => sql`${sql.placeholder(`${prefix}${name}${index}`)}`),
      sql`, `,
    );
  const conditions: SQL[] = [];
  if (page.after !== null) {
    conditions.push(sql`(${key}) ${descending ? sql`<` : sql`>`} (${bound('after')})`);
  }
  if (page.before !== null) {
    conditions.push(sql`(${key}) ${descending ? sql`>` : sql`<`} (${bound('before')})`);
  }
  return conditions.length === 0 ? undefined : sql.join(conditions, sql` and `);
}

/** What `readPage` needs to know of an order to check the cursors that belong to it. */
export function pageRules(order: Order, defaultSize: number) {
  return { sort: order.sort, columns: order.columns.map(({ kind }) => kind), defaultSize };
}

const none: Record<string, string> = Object.freeze({});

function named(name: string, values: CursorValues | null): Record<string, string> {
  if (values === null) return none;
  return Object.fromEntries(values.map((value, index) => [`${name}${index}`, value]));
}
