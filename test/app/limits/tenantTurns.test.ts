import { expect, test } from 'vitest';
import { TenantTurns } from '../../../src/app/limits/tenantTurns.ts';

const signal = new AbortController().signal;

/** How many could enter at once. */
function freeOf(turns: TenantTurns): number {
  let free = 0;
  while (turns.enter('a', signal) === null) free += 1;
  // The last one waits, and is given one of them.
  for (let n = 0; n <= free; n += 1) turns.leave('a');
  return free;
}

test('a turn that is handed over is freed once, by whoever has it', async () => {
  const turns = new TenantTurns(2, 10);
  await turns.enter('a', signal);
  const place = turns.placeOf('a', signal);
  const handed = place.handOver();
  place.leave();
  expect(freeOf(turns)).toBe(1);
  handed.leave();
  handed.leave();
  expect(freeOf(turns)).toBe(2);
});

test('a turn that was left is taken again, and waited for', async () => {
  const turns = new TenantTurns(1, 10);
  await turns.enter('a', signal);
  const place = turns.placeOf('a', signal);
  expect(place.enter()).toBeNull(); // it has one
  const lane = place.handOver();
  const again = place.enter();
  expect(again).not.toBeNull();
  place.leave(); // it has none to free
  lane.leave();
  await again;
  place.leave();
  expect(freeOf(turns)).toBe(1);
});
