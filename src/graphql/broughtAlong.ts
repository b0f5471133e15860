import type { Page } from '../lib/pagination.ts';

const keys = new Map<string, string>();

/** Under which key a row carries the rows of a relation that its statement brought along. */
export function keyOf(relation: string, page?: Page): string {
  let key = keys.get(relation);
  if (key === undefined) {
    // Kept, for a nested page asks for it 300 times, and a new string has to be found in a row anew.
    key = `+${relation}`;
    keys.set(relation, key);
  }
  if (page === undefined) return key;
  const { size, backwards, after, before } = page;
  const bounds = after === null && before === null ? '' : JSON.stringify([after, before]);
  return `${key} ${backwards ? 'last' : 'first'} ${size}${bounds}`;
}

/** What the parent's statement brought along; undefined: nothing, so a loader has to. */
export function broughtAlong<Value>(row: object, relation: string, page?: Page): Value | undefined {
  return (row as Record<string, Value | undefined>)[keyOf(relation, page)];
}
