import type { Page } from '../lib/pagination.ts';

const keys = new Map<string, string[]>();

/**
 * Under which key a row carries the rows of a relation that its statement brought along. A statement is
 * kept with its keys and run again with other cursors, so they are not in it: of two pages that differ
 * in nothing else, neither is brought along.
 */
export function keyOf(relation: string, page?: Page): string {
  // Kept, for a nested page asks for it 300 times, and a new string has to be found in a row anew.
  let known = keys.get(relation);
  if (known === undefined) {
    known = [`+${relation}`];
    keys.set(relation, known);
  }
  if (page === undefined) return known[0] ?? '';
  const { size, backwards, after, before } = page;
  const kind = (backwards ? 4 : 0) + (after === null ? 0 : 2) + (before === null ? 0 : 1);
  const index = 1 + size * 8 + kind;
  known[index] ??=
    `+${relation} ${backwards ? 'last' : 'first'} ${size}${after === null ? '' : ' after'}${before === null ? '' : ' before'}`;
  return known[index];
}

/** What the parent's statement brought along; undefined: nothing, so a loader has to. */
export function broughtAlong<Value>(row: object, relation: string, page?: Page): Value | undefined {
  return (row as Record<string, Value | undefined>)[keyOf(relation, page)];
}
