import { PublicError } from './errors.ts';

/** Relay's paging arguments (relay.dev/graphql/connections.htm), as a client sent them. */
export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** A sort key's values of one row, as text in the order of the sort's columns; the id comes last. */
export type CursorValues = readonly string[];

/** What to read: `limit` is one more than the page, to know whether there is another. */
export interface Page {
  size: number;
  limit: number;
  backwards: boolean;
  after: CursorValues | null;
  before: CursorValues | null;
}

export interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export interface Connection<Row> {
  edges: { readonly node: Row; readonly cursor: string }[];
  pageInfo: PageInfo;
}

export const maximumPageSize = 100;

/**
 * Checks paging arguments. `sort` names the order that cursors belong to and `columns` how many
 * values its keys have: a cursor of another order is refused, for it would silently skip rows.
 */
export function readPage(
  args: PageArguments,
  order: { sort: string; columns: readonly CursorColumn[]; defaultSize: number },
): Page {
  const { first, last } = args;
  if (typeof first === 'number' && typeof last === 'number') {
    throw badInput('Give either "first" or "last", not both.');
  }
  const size = first ?? last ?? order.defaultSize;
  const name = typeof last === 'number' ? 'last' : 'first';
  if (size < 0 || size > maximumPageSize) {
    throw badInput(`"${name}" must be between 0 and ${maximumPageSize}; ${size} was given.`);
  }
  return {
    size,
    limit: size + 1,
    backwards: typeof last === 'number',
    after: readCursor(args.after, 'after', order),
    before: readCursor(args.before, 'before', order),
  };
}

export type CursorColumn = 'text' | 'number' | 'time' | 'uuid';

const shapes: Record<CursorColumn, RegExp> = {
  text: /^[\s\S]*$/,
  number: /^-?\d{1,20}(\.\d{1,20})?(e-?\d{1,3})?$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

function readCursor(
  cursor: string | null | undefined,
  argument: string,
  order: { sort: string; columns: readonly CursorColumn[] },
): CursorValues | null {
  if (cursor === null || cursor === undefined) return null;
  const parts = parseCursor(cursor);
  const values = parts?.slice(1);
  const fits =
    values !== undefined &&
    values.length === order.columns.length &&
    values.every((value, index) => {
      const column = order.columns[index];
      return column !== undefined && fitsColumn(value, column);
    });
  if (!fits) {
    throw badInput(
      `"${argument}" is not a cursor of this list; use one from its pageInfo or edges.`,
    );
  }
  if (parts?.[0] !== order.sort) {
    throw badInput(`"${argument}" belongs to another order of this list; start again without it.`);
  }
  return values;
}

function fitsColumn(value: string, column: CursorColumn): boolean {
  if (!shapes[column].test(value) || value.includes('\0')) return false;
  return column !== 'time' || !Number.isNaN(Date.parse(value));
}

function parseCursor(cursor: string): string[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : null;
  } catch {
    return null;
  }
}

/** Opaque to clients: the order's name and the row's key values, base64url. */
export function makeCursor(sort: string, values: CursorValues): string {
  return Buffer.from(JSON.stringify([sort, ...values]), 'utf8').toString('base64url');
}

/** Rows as they came (in reading direction, one too many where there are more) → a connection. */
export function toConnection<Row>(
  rows: readonly Row[],
  page: Page,
  cursorOf: (row: Row) => string,
): Connection<Row> {
  const more = rows.length > page.size;
  const kept = more ? rows.slice(0, page.size) : [...rows];
  if (page.backwards) kept.reverse();
  const edges = kept.map((node) => new Edge(node, cursorOf));
  return { edges, pageInfo: new PageBounds(edges, page, more) };
}

/** Cursors are made when they are asked for: most clients ask for two of twenty. */
class Edge<Row> {
  readonly node: Row;
  readonly #cursorOf: (row: Row) => string;

  constructor(node: Row, cursorOf: (row: Row) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

class PageBounds implements PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #edges: readonly { readonly cursor: string }[];

  constructor(edges: readonly { readonly cursor: string }[], page: Page, more: boolean) {
    this.hasNextPage = page.backwards ? page.before !== null : more;
    this.hasPreviousPage = page.backwards ? more : page.after !== null;
    this.#edges = edges;
  }

  get startCursor(): string | null {
    return this.#edges[0]?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.#edges.at(-1)?.cursor ?? null;
  }
}

function badInput(message: string): PublicError {
  return new PublicError('BAD_USER_INPUT', message);
}
