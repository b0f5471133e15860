import type { Page } from '../lib/pagination.ts';

/** Under which key a row carries the rows of a relation that its statement brought along. */
export function keyOf(relation: string, page?: Page): string {
  return page === undefined ? `+${relation}` : `+${relation} ${JSON.stringify(page)}`;
}

/** What the parent's statement brought along; undefined: nothing, so a loader has to. */
export function broughtAlong<Value>(row: object, relation: string, page?: Page): Value | undefined {
  return (row as Record<string, Value | undefined>)[keyOf(relation, page)];
}
