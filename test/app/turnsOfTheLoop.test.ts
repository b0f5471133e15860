import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { turnForDearWork } from '../../src/app/turnsOfTheLoop.ts';

test('two pieces of dear work begin in a turn of the event loop, first come, first served', async () => {
  await nextTurn();
  const begun: number[] = [];
  const all = Array.from({ length: 7 }, async (_, place) => {
    await turnForDearWork();
    begun.push(place);
  });
  const seen: number[] = [];
  while (begun.length < all.length) {
    await Promise.resolve();
    seen.push(begun.length);
    await nextTurn();
  }
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const steps = seen.map((count, turn) => count - (seen[turn - 1] ?? 0));
  expect(Math.max(...steps)).toBe(2);
  expect(turnForDearWork()).toBeNull();
});
